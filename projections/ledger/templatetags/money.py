"""`{% money amount exponent %}`: minor units as people read them."""

from django import template
from django.utils.html import format_html, format_html_join

from eventstore.events.currencies import to_readable_text

register = template.Library()

LONG = 20
"""Longer figures may be broken after a comma."""


@register.simple_tag
def money(amount: int | str, exponent: int) -> str:
    """`-1234567` with exponent 2 as `−12,345.67`."""
    text = to_readable_text(int(amount), exponent)
    if len(text) <= LONG:
        return text
    first, *groups = text.split(",")
    return format_html("{}{}", first, format_html_join("", ",<wbr>{}", ((g,) for g in groups)))
