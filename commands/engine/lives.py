"""The life of one request on whichever road it went, as far as what is stored tells of it.

No time is made up: a step whose time is not kept says so, or with what it happened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from commands.engine import endings
from commands.engine.errors import Cancelled
from commands.engine.models import Notification, Request
from commands.engine.spoken import spoken
from eventstore.localized import counted
from eventstore.records import Recorded
from eventstore.store import read_all

SHOWN = 20
"""Events that are listed; a bulk may have thousands."""
MANY = 1_000
"""More than so many before it in its lane are not counted."""

TOGETHER = gettext_lazy("in the same transaction")
NOT_MEASURED = gettext_lazy("not measured")
NOT_YET = gettext_lazy("not yet")

SOURCES = {
    "api": gettext_lazy("By way of the API."),
    "form": gettext_lazy("By way of a form."),
    "cli": gettext_lazy("By way of the shell."),
    "import": gettext_lazy("By way of an import."),
    "bulk": gettext_lazy("By way of a request of several commands."),
    "reaction": gettext_lazy("By way of a reaction to an event."),
    "expiry": gettext_lazy("By way of what was due."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a request: `at` a time, else `when` says what is known of it.

    `mood` is good, bad or waiting. `lists` names what of the life is listed with it.
    """

    name: str
    told: str = ""
    at: datetime | None = None
    when: str | Promise = NOT_MEASURED
    mood: str = ""
    lists: str = ""
    since: str = ""

    @property
    def moment(self) -> str:
        """The time to the millisecond."""
        if self.at is None:
            return ""
        time = self.at.time().isoformat(timespec="milliseconds")
        return f"{date_format(self.at, 'DATE_FORMAT')} {time}"


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
    way = SOURCES.get(of.source, f"By way of {of.source}.")
    yield Step(_("Received"), str(way), of.received_at)
    if of.fingerprint:
        yield Step(_("Checked"), _("It was in its form; no rule was asked yet."))


def _queued(of: Request, *, staff: bool) -> Iterator[Step]:
    """What happens to a request that was accepted for later, before it is decided."""
    if of.lane is None:
        return
    yield Step(_("Accepted"), _stored(of), of.accepted_at)
    if of.not_before:
        yield Step(_("Due"), _("It does not join its lane before."), of.not_before)
    failed = of.attempts + (of.status == "failed")
    if failed:
        name = _("{failed} of {attempts} attempts failed")
        said = of.error or "" if staff else ""
        yield Step(name.format(failed=failed, attempts=endings.ATTEMPTS), said, mood="bad")
    if of.status == "accepted":
        yield _waiting(of)


def _stored(of: Request) -> str:
    """Where it waits, and what its sender does meanwhile."""
    if of.road == "gateway" and of.place:
        said = _("Stored in lane {lane} at place {place}; its sender waits for a while.")
    elif of.road == "gateway":
        said = _("Stored in lane {lane}; its sender waits for a while.")
    elif of.place:
        said = _("Stored in lane {lane} at place {place}; its sender is told so at once.")
    else:
        said = _("Stored in lane {lane}; its sender is told so at once.")
    return said.format(lane=of.lane, place=of.place)


def _waiting(of: Request) -> Step:
    if of.retry_at:
        said = _("It is tried again then; what the same person asked later waits behind it.")
        return Step(_("Next attempt"), said, of.retry_at, mood="waiting")
    if of.place is None:
        return Step(_("Waiting"), _("It is not due yet."), when=NOT_YET, mood="waiting")
    before = Request.objects.filter(status="accepted", lane=of.lane, place__lt=of.place)
    ahead = before[: MANY + 1].count()
    if not ahead:
        said = _("It is the next of its lane.")
    elif ahead > MANY:
        said = _("More than {many} are before it in its lane.").format(many=counted(MANY))
    else:
        said = ngettext(
            "One is before it in its lane.", "{ahead} are before it in its lane.", ahead
        ).format(ahead=ahead)
    return Step(_("Waiting for a worker"), said, when=NOT_YET, mood="waiting")


def _decided(of: Request) -> Iterator[Step]:
    """What was decided, with all that was committed along with it, and who was answered then."""
    if of.decided_at is None:
        return
    if of.begun_at:
        said = _("A worker has all that it needs, and asks the handler.")
        yield Step(_("Begun"), said, of.begun_at)
    if of.status == "succeeded":
        said = _("The handler said yes.")
        yield Step(_("Decided"), said, of.decided_at, mood="good", lists="streams")
        yield from _changes(of)
    else:
        is_cancelled = of.answer.get("code") == Cancelled.code
        name = _("Cancelled") if is_cancelled else _(of.status.capitalize())
        said = spoken(of.answer.get("detail", ""))
        yield Step(name, said, of.decided_at, mood="bad", lists="streams")
        if not of.fingerprint:
            said = _("With status {status}: it never became a command.")
            yield Step(_("Answered"), said.format(status=of.http_status))
            return
        said = _("Nothing changed, so the log does not know of it.")
        yield Step(_("No event"), said, when=TOGETHER)
    said = _("Who waits for requests of this person is woken.")
    yield Step(_("Announced"), said, when=TOGETHER)
    if of.parent is None and of.road in {"awaited", "gateway"}:
        yield Step(_("Answered"), _answered(of))


def _answered(of: Request) -> str:
    """What its sender is told, with the status that a program gets."""
    if of.road == "gateway" and of.source == "api":
        said = _(
            "Its sender is told with status {status} if they still waited; "
            "else that it is accepted."
        )
    elif of.road == "gateway":
        said = _("Its sender is told if they still waited; else that it is accepted.")
    elif of.source == "api":
        said = _("Its sender is told with status {status}.")
    else:
        said = _("Its sender is told.")
    return said.format(status=of.http_status)


def _changes(of: Request) -> Iterator[Step]:
    if not of.events:
        yield Step(_("No event"), _("Everything was as asked already."), when=TOGETHER)
        return
    first, last = of.first_position or 0, (of.first_position or 0) + of.events - 1
    name = ngettext("{events} event", "{events} events", of.events).format(events=of.events)
    said = ngettext(
        "Appended to the log at position {first}.",
        "Appended to the log at positions {first} to {last}.",
        of.events,
    ).format(first=first, last=last)
    yield Step(name, said, when=TOGETHER, lists="events")
    yield Step(_("Read tables"), when=TOGETHER, lists="tables")


def _told(of: Request) -> Iterator[Step]:
    if of.lane is None:
        return
    found = Notification.objects.filter(request=of.id, user=of.principal).order_by("id").first()
    if found:
        yield Step(_("Told"), _("By a notification."), found.created_at)
        mood = "" if found.seen_at else "waiting"
        yield Step(_("Seen"), at=found.seen_at, when=NOT_YET, mood=mood)


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
    return f"{counted(span.days)} d"


_UNITS: list[tuple[str, int, int, tuple[str, Any]]] = [
    ("min", 3_600, 60, ("s", 1)),
    ("h", 86_400, 3_600, ("min", 60)),
    ("d", 30 * 86_400, 86_400, ("h", 3_600)),
]
"""Of spans below so many seconds: their unit and its size, and the smaller one told with it."""
