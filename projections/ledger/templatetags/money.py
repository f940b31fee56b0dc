"""`{% money amount exponent %}`: minor units as people read them."""

from django import template

from eventstore.events.currencies import to_decimal_text

register = template.Library()


@register.simple_tag
def money(amount: int, exponent: int) -> str:
    """`-1234567` with exponent 2 as `−12,345.67`."""
    whole, point, rest = to_decimal_text(abs(amount), exponent).partition(".")
    sign = "−" if amount < 0 else ""
    return f"{sign}{int(whole):,}{point}{rest}"
