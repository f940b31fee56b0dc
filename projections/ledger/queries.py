"""The questions of the ledger's read tables: who may not see a thing does not find it.

Every list is read by key, `limit` rows at a time after the last one seen; nothing is counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import BooleanField, Func, QuerySet, Value

from eventstore.store import read_at
from projections.ledger import history, naming
from projections.ledger.history import NOW, Moment
from projections.ledger.models import Balance, Entry, StatementTime, Transfer

T = TypeVar("T", Entry, Transfer)


class Viewer(Protocol):
    """Who looks, as far as reading needs to know."""

    @property
    def user(self) -> UUID: ...

    @property
    def prefix(self) -> str: ...

    def may(self, right: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of an account as its owner reads it; `balance` is in the account's direction."""

    position: int
    transfer: UUID
    direction: str
    amount: int
    balance: int
    effective_on: date
    recorded_at: datetime
    description: str
    reference: str


def visible(viewer: Viewer) -> QuerySet[Balance]:
    """The accounts somebody may see: their own or, for staff, all; under their token's prefix."""
    found = Balance.objects.all()
    if viewer.prefix:
        found = found.filter(account__startswith=viewer.prefix)
    return found if viewer.may("view") else found.filter(owner=viewer.user)


def accounts(
    viewer: Viewer,
    *,
    prefix: str = "",
    after: str = "",
    limit: int,
    descending: bool = False,
    own: bool = False,
    moment: Moment = NOW,
) -> list[Balance]:
    """Accounts by code, as they were then; with `own` only those that belong to the viewer.

    Each has the time at which it was `read_at`.
    """
    found = history.there(visible(viewer), moment).filter(account__startswith=prefix)
    found = found.annotate(read_at=StatementTime())  # type: ignore[no-redef]
    if own:
        found = found.filter(owner=viewer.user)
    if descending:
        found = found.filter(account__lt=after) if after else found
        rows = list(found.order_by("-account")[:limit])
    else:
        rows = list(found.filter(account__gt=after).order_by("account")[:limit])
    history.turn_back(rows, moment)
    return rows


def account(viewer: Viewer, code: str, moment: Moment = NOW) -> Balance | None:
    """One account as it was then; None when there was none that the viewer may see now."""
    rows = list(history.there(visible(viewer).filter(account=code), moment))
    history.turn_back(rows, moment)
    return rows[0] if rows else None


def entries(
    of: Balance, *, after: int = 0, limit: int, descending: bool = False, moment: Moment = NOW
) -> list[Line]:
    """An account's entries of then in the order of their positions.

    Each has the balance after it, which all that was known before makes up, of whatever date.
    """
    found = _then(Entry.objects.filter(account=of.account), moment)
    rows = _page(found, after, limit, descending)
    return lines(rows, [sign(of) * (row.credits - row.debits) for row in rows])


def sign(of: Balance) -> int:
    """What turns credits less debits into a balance in the account's own direction."""
    return 1 if of.normal_balance == "credit" else -1


def added(of: Balance, line: Line) -> int:
    """What an entry added to the balance, in the account's own direction."""
    return sign(of) * (line.amount if line.direction == "credit" else -line.amount)


def lines(rows: Sequence[Entry], balances: Sequence[int]) -> list[Line]:
    """Entries with the texts of their transfers, and these balances."""
    texts = _texts({row.transfer for row in rows}) if rows else {}
    return [
        Line(
            row.position,
            row.transfer,
            row.direction,
            row.amount,
            balance,
            row.effective_on,
            row.recorded_at,
            *texts.get(row.transfer, ("", "")),
        )
        for row, balance in zip(rows, balances, strict=True)
    ]


def transfers(
    viewer: Viewer,
    *,
    reference: str = "",
    amount: int | None = None,
    account: str = "",
    since: date | None = None,
    until: date | None = None,
    after: int = 0,
    limit: int,
    descending: bool = False,
    moment: Moment = NOW,
) -> list[Transfer]:
    """Transfers of then by position, with the filters that are given; dates are business dates.

    An amount, in minor units, is that of one of the legs.
    """
    of = visible(viewer).filter(account=account) if account else visible(viewer)
    is_every = not account and sees_every(viewer)
    if not (is_every or reference or amount is not None or since or until or moment.day):
        ends = [after] if descending and after else []
        ends += [moment.position + 1] if moment.past else []
        low, high = 0 if descending else after, min(ends, default=None)
        rows = naming.page(of, low=low, high=high, limit=limit, descending=descending)
        _forget_later_reversals(rows, moment)
        return rows
    found = Transfer.objects.all() if is_every else naming.naming(of)
    found = _then(found, moment)
    if reference:
        found = found.filter(reference=reference)
    if amount is not None:
        found = found.filter(_OfAmount(Value(str(amount)), Value(str(amount))))
    if since:
        found = found.filter(effective_on__gte=since)
    if until:
        found = found.filter(effective_on__lte=until)
    rows = _page(found, after, limit, descending)
    _forget_later_reversals(rows, moment)
    return rows


def transfer(viewer: Viewer, id_: UUID, moment: Moment = NOW) -> Transfer | None:
    """One transfer as it was then; None when there was none that the viewer may see now."""
    rows = list(_then(_visible_transfers(viewer), moment).filter(id=id_))
    _forget_later_reversals(rows, moment)
    return rows[0] if rows else None


def transfers_among(viewer: Viewer, ids: Collection[UUID]) -> set[UUID]:
    """Of these transfers, those that the viewer may see."""
    found = _visible_transfers(viewer).filter(id__in=ids)
    return set(found.values_list("id", flat=True)) if ids else set()


def accounts_among(viewer: Viewer, codes: Collection[str]) -> set[str]:
    """Of these accounts, those that the viewer may see."""
    found = visible(viewer).filter(account__in=codes)
    return set(found.values_list("account", flat=True)) if codes else set()


def parties(viewer: Viewer, of: Transfer) -> dict[str, tuple[Balance, bool]]:
    """The accounts of a transfer, and whether the viewer may see each of them."""
    return among(viewer, {leg["account"] for leg in of.legs})


def among(viewer: Viewer, codes: Collection[str]) -> dict[str, tuple[Balance, bool]]:
    """These accounts, and whether the viewer may see each of them."""
    seen = accounts_among(viewer, codes)
    rows = Balance.objects.filter(account__in=codes)
    return {row.account: (row, row.account in seen) for row in rows}


def requests_of(viewer: Viewer, positions: Collection[int]) -> dict[int, str]:
    """The ids of the requests that caused the events at these positions.

    Only of those who asked themselves, or may see every request.
    """
    return {
        event.position: event.metadata["request"]
        for event in read_at(positions)
        if "request" in event.metadata
        and (viewer.may("view") or event.metadata.get("actor") == str(viewer.user))
    }


def _visible_transfers(viewer: Viewer) -> QuerySet[Transfer]:
    """Transfers that name an account the viewer may see."""
    return Transfer.objects.all() if sees_every(viewer) else naming.naming(visible(viewer))


def sees_every(viewer: Viewer) -> bool:
    """Whether there is no account that the viewer may not see."""
    return viewer.may("view") and not viewer.prefix


def _page(found: QuerySet[T], after: int, limit: int, descending: bool) -> list[T]:
    """So many of these, by position, after the last one seen."""
    if descending:
        found = found.filter(position__lt=after) if after else found
        return list(found.order_by("-position")[:limit])
    return list(found.filter(position__gt=after).order_by("position")[:limit])


def _then(found: QuerySet[T], moment: Moment) -> QuerySet[T]:
    """Of these entries or transfers, those that were known then, with business dates up to then."""
    if moment.past:
        found = found.filter(position__lte=moment.position)
    if moment.day is not None:
        found = found.filter(effective_on__lte=moment.day)
    return found


def _forget_later_reversals(rows: Sequence[Transfer], moment: Moment) -> None:
    """Let transfers be as they were while the one that reverses them was not there then."""
    reversals = {row.reversed_by for row in rows if row.reversed_by}
    if not reversals or not (moment.past or moment.day):
        return
    there = set(
        _then(Transfer.objects.filter(id__in=reversals), moment).values_list("id", flat=True)
    )
    for row in rows:
        if row.reversed_by not in there:
            row.reversed_by = None


class _OfAmount(Func):
    """Whether a leg has this amount, in the words of `transfer_amount` and `transfer_amounts`."""

    template = "(legs -> 0 ->> 'amount' = %(expressions)s)"
    arg_joiner = (
        " OR json_array_length(legs) >= 3 AND jsonb_path_query_array(legs::jsonb, '$[*].amount') ? "
    )
    output_field = BooleanField()


def _texts(transfers: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Description and reference of each transfer."""
    rows = Transfer.objects.filter(id__in=transfers).values_list("id", "description", "reference")
    return {id_: (description, reference) for id_, description, reference in rows}
