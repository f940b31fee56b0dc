"""The ledger for pages of the other side: accounts to choose from, amounts, pages of streams."""

from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse

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


@register.simple_tag(takes_context=True)
def page_of(context: dict[str, Any], stream: str) -> str:
    """The address of the page that shows a stream; empty where who looks may see none."""
    viewer = context["request"].principal
    kind, _, id_ = stream.partition("-")
    if kind == "account" and queries.account(viewer, id_):
        return reverse("account", args=[id_])
    if kind == "transfer" and queries.transfer(viewer, UUID(id_)):
        return reverse("transfer", args=[id_])
    return ""
