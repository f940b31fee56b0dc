"""`{% money amount exponent %}`: minor units as people read them."""

from django import template

from eventstore.events.currencies import to_readable_text

register = template.Library()


@register.simple_tag
def money(amount: int | str, exponent: int) -> str:
    """`-1234567` with exponent 2 as `−12,345.67`."""
    return to_readable_text(int(amount), exponent)
