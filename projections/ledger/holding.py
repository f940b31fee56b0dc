"""Holds as payers and payees may see them: as they are now, and as they were at a position."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q

from projections.ledger.history import MOST_LEGS, NOW, Moment, recorded_at
from projections.ledger.models import Balance, Hold, StatementTime, Transfer
from projections.ledger.queries import Viewer, visible

# The entry of a capture is next to its transfer, for an append is in one piece.
CAPTURED = f"""
SELECT hold.id, transfer.id, entry.amount, entry.position
FROM ledger_hold AS hold CROSS JOIN json_array_elements_text(hold.transfers) AS capture
JOIN ledger_transfer AS transfer ON transfer.id = capture::uuid
JOIN ledger_entry AS entry ON entry.account = hold.account AND entry.transfer = transfer.id
    AND entry.position BETWEEN transfer.position - {MOST_LEGS} AND transfer.position + {MOST_LEGS}
WHERE hold.id = ANY(%(holds)s) AND entry.position <= %(position)s ORDER BY entry.position"""


def holds(
    viewer: Viewer,
    code: str,
    *,
    incoming: bool = False,
    after: int = 0,
    limit: int,
    descending: bool = False,
    moment: Moment = NOW,
) -> list[Hold] | None:
    """Holds on an account, or for it as their payee, by the positions at which they were placed.

    Of an account that the viewer may not see, only those for payees that they may; None when they
    may see neither.
    """
    found = Hold.objects.filter(**{"payee" if incoming else "account": code})
    found = found.filter(placed__lte=moment.position)
    own = visible(viewer).filter(account=code).exists()
    if not own:
        found = found.filter(payee__in=visible(viewer).values("account"))
        if incoming or not found.exists():
            return None
    if descending:
        found = found.filter(placed__lt=after) if after else found
        rows = list(found.order_by("-placed")[:limit])
    else:
        rows = list(found.filter(placed__gt=after).order_by("placed")[:limit])
    turn_back(rows, moment)
    return rows


def hold(viewer: Viewer, code: str, id_: UUID, moment: Moment = NOW) -> Hold | None:
    """One hold, which payer and payee may see; None when there is none that the viewer may see."""
    accounts = visible(viewer).values("account")
    seen = Q(account__in=accounts) | Q(payee__in=accounts)
    found = Hold.objects.filter(seen, id=id_, account=code, placed__lte=moment.position).first()
    turn_back([found] if found else [], moment)
    return found


def open_holds(of: Balance, *, limit: int, moment: Moment = NOW) -> list[Hold]:
    """The first open holds on an account whose time is not over, by when they were placed.

    Those of now, or those that were open then: with their remaining amounts they make up what was
    held.
    """
    found = Hold.objects.filter(account=of.account)
    clock: datetime | StatementTime = StatementTime()
    if moment.fixed:
        clock = moment.clock or recorded_at(moment.position)
        found = found.filter(placed__lte=moment.position)
        found = found.filter(Q(ended=None) | Q(ended__gt=moment.position))
    else:
        found = found.filter(status="open")
    still = Q(expires_at=None) | Q(expires_at__gt=clock)
    rows = list(found.filter(still).order_by("placed")[:limit])
    turn_back(rows, moment)
    return rows


def captures(of: Hold) -> list[tuple[Transfer, int]]:
    """The transfers that captured of a hold, in their order, each with the amount."""
    rows = Transfer.objects.filter(id__in=of.transfers).order_by("position")
    return [(row, int(row.legs[0]["amount"])) for row in rows]


def turn_back(rows: Sequence[Hold], moment: Moment) -> None:
    """Make these holds, which there were then, what they were.

    One whose time was over when the event of that position was recorded had expired.
    """
    if not rows or not moment.fixed:
        return
    read_at = recorded_at(moment.position)
    later = [row.id for row in rows if row.position > moment.position]
    captured = _captured(later, moment.position)
    for row in rows:
        row.read_at = read_at
        if row.position > moment.position:
            known = captured[row.id]
            row.status, row.ended = "open", None
            row.transfers = [str(transfer) for transfer, _, _ in known]
            row.remaining = row.amount - sum(amount for _, amount, _ in known)
            row.position = known[-1][2] if known else row.placed


def _captured(holds: Collection[UUID], position: int) -> dict[UUID, list[tuple[UUID, int, int]]]:
    """By a position, the captures of each hold: transfer, amount, and its own position."""
    found: dict[UUID, list[tuple[UUID, int, int]]] = defaultdict(list)
    if holds:
        with connection.cursor() as cursor:
            cursor.execute(CAPTURED, {"holds": list(holds), "position": position})
            for hold, transfer, amount, at in cursor:
                found[hold].append((transfer, int(amount), at))
    return found
