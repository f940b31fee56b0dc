"""The ledger for pages of the other side: accounts to choose from, amounts, pages of streams."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from eventstore.events.ledger import BOOK
from eventstore.localized import to_readable_text
from eventstore.records import Recorded
from projections.ledger import instructions, queries
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
        return _("{amount} (minor units)").format(amount=minor)
    try:
        return f"{to_readable_text(int(str(minor)), found.exponent)} {found.currency}"
    except ValueError:
        return str(minor)


@register.simple_tag(takes_context=True)
def with_pages(context: dict[str, Any], events: Sequence[Recorded]) -> list[tuple[Recorded, str]]:
    """Each event with the address of the page of its stream; empty where none may be seen."""
    viewer = context["request"].principal
    ids = defaultdict[str, set[str]](set)
    for event in events:
        kind, _, id_ = event.stream.partition("-")
        ids[kind].add(id_)
    accounts = queries.accounts_among(viewer, ids["account"])
    transfers = queries.transfers_among(viewer, {UUID(id_) for id_ in ids["transfer"]})
    pages = {f"account-{code}": reverse("account", args=[code]) for code in accounts}
    pages[BOOK] = reverse("books")
    orders = instructions.orders_among(viewer, {UUID(id_) for id_ in ids["order"]})
    pages |= {f"order-{id_}": reverse("standing-order", args=[id_]) for id_ in orders}
    pages |= {f"transfer-{id_}": reverse("transfer", args=[id_]) for id_ in transfers}
    return [(event, pages.get(event.stream, "")) for event in events]
