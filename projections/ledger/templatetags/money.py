"""`{% money amount exponent %}`: minor units as people read them."""

from django import template
from django.utils.html import format_html, format_html_join

from eventstore.localized import thousands_mark, to_readable_text

register = template.Library()

LONG = 20
"""Longer figures may be broken between thousands."""


@register.simple_tag
def money(amount: int | str, exponent: int) -> str:
    """`-1234567` with exponent 2 as `−12,345.67`."""
    text = to_readable_text(int(amount), exponent)
    if len(text) <= LONG:
        return text
    first, *groups = text.split(mark := thousands_mark())
    rest = format_html_join("", "{}<wbr>{}", ((mark, group) for group in groups))
    return format_html("{}{}", first, rest)
