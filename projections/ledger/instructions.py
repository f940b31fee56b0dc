"""The questions about standing instructions: who may see an account may see those about it."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from projections.ledger.instruction_models import Setting, StandingOrder
from projections.ledger.queries import Viewer, sees_every, visible

STATUSES = ("open", "cancelled", "ended")
"""What a standing order may be."""


def setting(viewer: Viewer, code: str) -> Setting | None:
    """What an account is set to do; None where there is none that the viewer may see."""
    if not visible(viewer).filter(account=code).exists():
        return None
    return Setting.objects.filter(account=code).first() or Setting(account=code)


def orders(
    viewer: Viewer,
    *,
    account: str = "",
    status: str = "",
    after: int = 0,
    limit: int,
    descending: bool = False,
) -> list[StandingOrder]:
    """Standing orders in the order in which they were placed, with the filters that are given."""
    found = _visible(viewer)
    if account:
        found = found.filter(account=account)
    if status:
        found = found.filter(status=status)
    if descending:
        found = found.filter(placed__lt=after) if after else found
        return list(found.order_by("-placed")[:limit])
    return list(found.filter(placed__gt=after).order_by("placed")[:limit])


def order(viewer: Viewer, id_: UUID) -> StandingOrder | None:
    """One standing order; None when there is none that the viewer may see."""
    return _visible(viewer).filter(id=id_).first()


def orders_among(viewer: Viewer, ids: Collection[UUID]) -> set[UUID]:
    """Of these standing orders, those that the viewer may see."""
    found = _visible(viewer).filter(id__in=ids)
    return set(found.values_list("id", flat=True)) if ids else set()


def _visible(viewer: Viewer) -> QuerySet[StandingOrder]:
    """The standing orders of accounts that the viewer may see."""
    if sees_every(viewer):
        return StandingOrder.objects.all()
    return StandingOrder.objects.filter(account__in=visible(viewer).values("account"))
