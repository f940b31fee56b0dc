"""The life of one request on whichever road it went, as far as what is stored tells of it.

No time is made up: a step whose time is not kept says so, or with what it happened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from commands.engine import endings
from commands.engine.errors import Cancelled
from commands.engine.models import Notification, Request
from eventstore.records import Recorded
from eventstore.store import read_all

SHOWN = 20
"""Events that are listed; a bulk may have thousands."""
MANY = 1_000
"""More than so many before it in its lane are not counted."""

TOGETHER = "in the same transaction"
NOT_MEASURED = "not measured"
NOT_YET = "not yet"

SOURCES = {"api": "the API", "form": "a form", "cli": "the shell", "import": "an import",
           "bulk": "a request of several commands", "reaction": "a reaction to an event",
           "expiry": "what was due"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a request: `at` a time, else `when` says what is known of it.

    `mood` is good, bad or waiting. `lists` names what of the life is listed with it.
    """

    name: str
    told: str = ""
    at: datetime | None = None
    when: str = NOT_MEASURED
    mood: str = ""
    lists: str = ""
    since: str = ""

    @property
    def moment(self) -> str:
        """The time to the millisecond."""
        return self.at.isoformat(sep=" ", timespec="milliseconds")[:23] if self.at else ""


@dataclass(frozen=True, slots=True)
class Life:
    """What happened to a request, step by step.

    `streams` are those on whose versions it was decided, as far as they may be known.
    """

    of: Request
    steps: Sequence[Step]
    streams: Sequence[tuple[str, int]]
    events: Sequence[Recorded]

    @property
    def more(self) -> int:
        """How many events are not listed."""
        return self.of.events - len(self.events)

    @property
    def more_streams(self) -> int:
        """On how many streams it was decided that are not listed."""
        return max(0, len(self.of.decided_on) - SHOWN) if self.streams else 0

    @property
    def last(self) -> int:
        """The position of its last event."""
        return (self.of.first_position or 0) + self.of.events - 1

    @property
    def types(self) -> set[str]:
        """The types of all its events."""
        return {each["type"] for each in self.of.answer.get("events", ())}


def life(of: Request, *, staff: bool) -> Life:
    """The life of a request; what went wrong inside is for staff alone."""
    steps = [*_coming_in(of), *_queued(of, staff=staff), *_decided(of), *_told(of)]
    # On a refusal they might tell of accounts that who asked may not see.
    streams = of.decided_on.items() if staff or of.status == "succeeded" else ()
    first = of.first_position or 0
    last = first + min(of.events, SHOWN) - 1
    return Life(
        of,
        [replace(each, since=_since(of.received_at, each.at)) for each in steps],
        sorted(streams)[:SHOWN],
        read_all(after=first - 1, upto=last) if of.events else [],
    )


def _coming_in(of: Request) -> Iterator[Step]:
    yield Step("Received", f"By way of {SOURCES.get(of.source, of.source)}.", of.received_at)
    if of.fingerprint:
        yield Step("Checked", "It was in its form; no rule was asked yet.")


def _queued(of: Request, *, staff: bool) -> Iterator[Step]:
    """What happens before a request is decided that was accepted for later."""
    if of.lane is None:
        return
    where = f"Stored in lane {of.lane}" + (f" at place {of.place}" if of.place else "")
    sender = "waits for a while" if of.road == "gateway" else "is told so at once"
    yield Step("Accepted", f"{where}; its sender {sender}.", of.accepted_at)
    if of.not_before:
        yield Step("Due", "It does not join its lane before.", of.not_before)
    failed = of.attempts + (of.status == "failed")
    if failed:
        said = f"Of {endings.ATTEMPTS}." + (f" {of.error}" if staff and of.error else "")
        times = "attempt" if failed == 1 else "attempts"
        yield Step(f"{failed} {times} failed", said, mood="bad")
    if of.status == "accepted":
        yield _waiting(of)


def _waiting(of: Request) -> Step:
    if of.retry_at:
        said = "It is tried again then; what the same person asked later waits behind it."
        return Step("Next attempt", said, of.retry_at, mood="waiting")
    if of.place is None:
        return Step("Waiting", "It is not due yet.", when=NOT_YET, mood="waiting")
    before = Request.objects.filter(status="accepted", lane=of.lane, place__lt=of.place)
    ahead = before[: MANY + 1].count()
    said = f"More than {MANY:,} are" if ahead > MANY else f"{ahead} are" if ahead > 1 else "One is"
    said = f"{said} before it in its lane." if ahead else "It is the next of its lane."
    return Step("Waiting for a worker", said, when=NOT_YET, mood="waiting")


def _decided(of: Request) -> Iterator[Step]:
    """What was decided, with all that was committed along with it, and who was answered then."""
    if of.decided_at is None:
        return
    if of.begun_at:
        yield Step("Begun", "A worker has all that it needs, and asks the handler.", of.begun_at)
    if of.status == "succeeded":
        yield Step("Decided", "The handler said yes.", of.decided_at, mood="good", lists="streams")
        yield from _changes(of)
    else:
        detail = of.answer.get("detail", "")
        code = of.answer.get("code")
        name = "Cancelled" if code == Cancelled.code else of.status.capitalize()
        yield Step(name, detail, of.decided_at, mood="bad", lists="streams")
        if not of.fingerprint:
            yield Step("Answered", f"With status {of.http_status}: it never became a command.")
            return
        yield Step("No event", "Nothing changed, so the log does not know of it.", when=TOGETHER)
    yield Step("Announced", "Who waits for requests of this person is woken.", when=TOGETHER)
    if of.parent is None and of.road in {"awaited", "gateway"}:
        how = f" with status {of.http_status}" if of.source == "api" else ""
        waited = " if they still waited; else that it is accepted" if of.road == "gateway" else ""
        yield Step("Answered", f"Its sender is told{how}{waited}.")


def _changes(of: Request) -> Iterator[Step]:
    if not of.events:
        yield Step("No event", "Everything was as asked already.", when=TOGETHER)
        return
    first, last = of.first_position or 0, (of.first_position or 0) + of.events - 1
    where = f"at position {first}" if of.events == 1 else f"at positions {first} to {last}"
    name = f"{of.events} event{'s' if of.events > 1 else ''}"
    yield Step(name, f"Appended to the log {where}.", when=TOGETHER, lists="events")
    yield Step("Read tables", when=TOGETHER, lists="tables")


def _told(of: Request) -> Iterator[Step]:
    if of.lane is None:
        return
    found = Notification.objects.filter(request=of.id, user=of.principal).order_by("id").first()
    if found:
        yield Step("Told", "By a notification.", found.created_at)
        mood = "" if found.seen_at else "waiting"
        yield Step("Seen", at=found.seen_at, when=NOT_YET, mood=mood)


def _since(start: datetime, at: datetime | None) -> str:
    """How much later a step was, in the unit in which it is easily read; clocks may differ."""
    if at is None or at == start:
        return ""
    sign = "+" if at > start else "−"
    return f"{sign}{_span(abs(at - start))}"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    for unit, below, size, smaller in _UNITS:
        if seconds < below:
            return f"{int(seconds // size)} {unit} {int(seconds % size // smaller[1])} {smaller[0]}"
    return f"{span.days:,} d"


_UNITS: list[tuple[str, int, int, tuple[str, Any]]] = [
    ("min", 3_600, 60, ("s", 1)),
    ("h", 86_400, 3_600, ("min", 60)),
    ("d", 30 * 86_400, 86_400, ("h", 3_600)),
]
"""Of spans below so many seconds: their unit and its size, and the smaller one told with it."""
