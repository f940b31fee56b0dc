"""An account held against somebody else's statement of it: what both have, and what only one.

Lines are paired by amount: those of one date and reference first, then those of one reference that
are near each other, then those of one date, then any that are near. Two lines whose references
contradict each other are near at best. Each pass takes the earliest first, so that the same file
and the same ledger always give the same pairs. Amounts are minor units, positive where they raise
the account's balance.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from eventstore.localized import counted
from projections.ledger import queries, statements
from projections.ledger.foreign import MOST_LINES, Line, Unreadable
from projections.ledger.history import NOW
from projections.ledger.models import Balance
from projections.ledger.statements import Cut

MOST_DAYS = 366
NEAR = 3
"""Days between the dates of what is still one line, unless said otherwise."""
KINDS = ("matched", "near", "missing", "extra")


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the file and the one of the ledger that it is taken for."""

    theirs: Line
    ours: Line

    @property
    def days(self) -> int:
        """How much later it is in the ledger."""
        return (self.ours.effective_on - self.theirs.effective_on).days


@dataclass(frozen=True, slots=True)
class Edge:
    """A balance before or after all lines: what the file says, and what the ledger says."""

    name: str
    theirs: int
    ours: int


@dataclass(slots=True)
class Reconciliation:
    """What came of it, of the business dates `since` to `until`.

    `missing` are lines of the file that the ledger lacks, `extra` those that only the ledger has.
    `edges` and `broken`, the lines whose balance does not follow from the line before, are empty
    where the file tells no balances.
    """

    since: date
    until: date
    matched: list[Pair] = field(default_factory=list)
    near: list[Pair] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    extra: list[Line] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    broken: list[Line] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether every line of either side is on the other, and all balances are the same."""
        differ = any(edge.theirs != edge.ours for edge in self.edges)
        return not (self.near or self.missing or self.extra or self.broken or differ)


# --- pairing ---------------------------------------------------------------------------------


def paired(
    theirs: Sequence[Line], ours: Sequence[Line], days: int = NEAR
) -> tuple[list[Pair], list[Pair], list[Line], list[Line]]:
    """Matched pairs, near pairs, and what is left of either side, each by date and place.

    Sorted once and then walked, in all O(n log n).
    """
    theirs, ours = sorted(theirs, key=_order), sorted(ours, key=_order)
    matched, theirs, ours = _alike(theirs, ours, _same)
    near, theirs, ours = _alike(theirs, ours, _same_reference, days)
    for said in ((False, False), (False, True), (True, False)):
        pairs, theirs, ours = _alike(theirs, ours, _same_day, said=said)
        matched += pairs
    pairs, theirs, ours = _alike(theirs, ours, _same_amount, days)
    near += pairs
    for pairs in (matched, near):
        pairs.sort(key=lambda pair: _order(pair.theirs))
    return matched, near, theirs, ours


def _order(line: Line) -> tuple[date, int]:
    return line.effective_on, line.place


def _same(line: Line) -> Hashable:
    return (line.amount, line.effective_on, line.reference) if line.reference else None


def _same_day(line: Line) -> Hashable:
    return line.amount, line.effective_on


def _same_reference(line: Line) -> Hashable:
    return (line.amount, line.reference) if line.reference else None


def _same_amount(line: Line) -> Hashable:
    return line.amount


def _alike(
    theirs: Sequence[Line],
    ours: Sequence[Line],
    key: Callable[[Line], Hashable],
    days: int = 0,
    said: tuple[bool, bool] | None = None,
) -> tuple[list[Pair], list[Line], list[Line]]:
    """Pairs of lines with one key that are so many days apart, and what is left of either side.

    With `said`, only of those that have a reference or have none, as it says of either side.

    Within a key both sides go by date: whoever comes first takes the earliest that is not too far
    away, which leaves as few as possible.
    """
    waiting: dict[Hashable, list[Line]] = defaultdict(list)
    for line in ours:
        if said is None or bool(line.reference) == said[1]:
            waiting[key(line)].append(line)
    places: dict[Hashable, int] = defaultdict(int)
    pairs, left = [], []
    for line in theirs:
        mark = key(line) if said is None or bool(line.reference) == said[0] else None
        others = waiting.get(mark, []) if mark is not None else []
        at = places[mark]
        while at < len(others) and (line.effective_on - others[at].effective_on).days > days:
            at += 1
        if at < len(others) and (others[at].effective_on - line.effective_on).days <= days:
            pairs.append(Pair(line, others[at]))
            at += 1
        else:
            left.append(line)
        places[mark] = at
    taken = {pair.ours.place for pair in pairs}
    return pairs, left, [line for line in ours if line.place not in taken]


# --- an account ------------------------------------------------------------------------------


def reconcile(
    of: Balance,
    lines: Iterable[Line],
    *,
    since: date | None = None,
    until: date | None = None,
    days: int = NEAR,
) -> Reconciliation:
    """Hold an account against the lines of a file, of its dates or of those that are given.

    Within the snapshot of its tables in which it was read.

    Raises:
        Unreadable: there is no line in that time, or the ledger has too many.
    """
    theirs = _oldest_first([line for line in lines if _within(line, since, until)])
    if not theirs and not (since and until):
        raise Unreadable(_("The file has no line in this time."))
    dates = [line.effective_on for line in theirs]
    since, until = since or min(dates), until or max(dates)
    ours = _ours(of, _shifted(since, -days), _shifted(until, days))
    matched, near, missing, rest = paired(theirs, ours, days)
    extra = [line for line in rest if since <= line.effective_on <= until]
    edges = _edges(of, theirs, since, until)
    return Reconciliation(since, until, matched, near, missing, extra, edges, _broken(theirs))


def _within(line: Line, since: date | None, until: date | None) -> bool:
    return (since or date.min) <= line.effective_on <= (until or date.max)


def _shifted(day: date, days: int) -> date:
    """So many days later, or the first or last day there is."""
    try:
        return day + timedelta(days)
    except OverflowError:
        return date.min if days < 0 else date.max


def _ours(of: Balance, since: date, until: date) -> list[Line]:
    whole = statements.whole_statement(Cut(of, NOW, since, until))
    found = list(islice(whole, MOST_LINES + 1))
    if len(found) > MOST_LINES:
        said = _("The ledger has more than {most} lines then; split it by dates.")
        raise Unreadable(said.format(most=counted(MOST_LINES)))
    raising = "credit" if queries.sign(of) > 0 else "debit"
    return [
        Line(
            line.position,
            line.effective_on,
            line.amount if line.direction == raising else -line.amount,
            line.reference,
            line.description,
        )
        for line in found
    ]


def _edges(of: Balance, theirs: Sequence[Line], since: date, until: date) -> list[Edge]:
    """The balances before and after all lines, of the file and of the ledger."""
    told = [line.balance for line in theirs if line.balance is not None]
    if not told:
        return []
    first = next(n for n, line in enumerate(theirs, start=1) if line.balance is not None)
    last = next(n for n, line in enumerate(theirs[::-1]) if line.balance is not None)
    opening = told[0] - sum(line.amount for line in theirs[:first])
    closing = told[-1] + sum(line.amount for line in theirs[len(theirs) - last :])
    ours = statements.edges(Cut(of, NOW, since, until))
    return [Edge("opening", opening, ours.opening), Edge("closing", closing, ours.closing)]


def _oldest_first(theirs: Sequence[Line]) -> Sequence[Line]:
    """The lines of a file in their order, or turned round where it begins with the newest.

    That is told by its dates or, where all are of one day, by its balances.
    """
    turned = theirs[::-1]
    dates = [line.effective_on for line in (*theirs[:1], *turned[:1])]
    is_newest_first = dates[0] > dates[-1] if dates else False
    if dates and dates[0] == dates[-1]:
        is_newest_first = len(_broken(turned)) < len(_broken(theirs))
    return turned if is_newest_first else theirs


def _broken(theirs: Sequence[Line]) -> list[Line]:
    """The lines whose balance does not follow from the balance before."""
    found: list[Line] = []
    running: int | None = None
    for line in theirs:
        running = None if running is None else running + line.amount
        if line.balance is not None:
            if running not in (None, line.balance):
                found.append(line)
            running = line.balance
    return found
