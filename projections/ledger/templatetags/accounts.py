"""Accounts for pages of the other side: a list to choose from, and amounts in their decimals."""

from typing import Any

from django import template

from eventstore.events.currencies import to_readable_text
from projections.ledger import queries
from projections.ledger.models import Balance

register = template.Library()

CHOICE = 50


@register.simple_tag(takes_context=True)
def accounts_like(context: dict[str, Any], prefix: str = "") -> list[Balance]:
    """The first accounts whose code begins so, of those that who looks may see."""
    viewer = context["request"].principal
    return queries.accounts(viewer, prefix=prefix.replace("\0", ""), limit=CHOICE)


@register.simple_tag(takes_context=True)
def amount_of(context: dict[str, Any], code: object, minor: object) -> str:
    """Minor units as decimals of an account; as they are where it is not to be seen."""
    found = queries.account(context["request"].principal, str(code).replace("\0", ""))
    if found is None:
        return f"{minor} (minor units)"
    try:
        return f"{to_readable_text(int(str(minor)), found.exponent)} {found.currency}"
    except ValueError:
        return str(minor)
