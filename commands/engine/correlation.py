"""All that goes back to one request: its events, what reactions asked for, and their events."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from commands.engine import readable
from commands.engine.consequences import Followed, tree
from commands.engine.models import Request

SHOWN = 20
"""Events of a request that are listed besides those that led on; a bulk may have thousands."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and what was asked for because of it."""

    position: int
    type: str
    stream: str
    led_to: "Sequence[Asked]"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with its events; by which `reaction`, where somebody's own is the root.

    `more` of its events are not listed.
    """

    request: Request
    reaction: str
    events: Sequence[Happened]
    more: int

    @property
    def words(self) -> str:
        """What was asked, in words."""
        return readable.phrase(self.request.command)


@dataclass(frozen=True, slots=True)
class Correlation:
    """The root with all that goes back to it; `more` says that there is more than is listed."""

    root: Asked
    more: bool


def correlation(of: Request, *, shown: int | None = None) -> Correlation:
    """Where a request stands; the event at the position `shown` is listed in any case."""
    found = tree(of)
    root = Request.objects.filter(id=of.parent or found.root or of.id).first() or of
    whole = found if root.id == of.id else tree(root)
    return Correlation(_asked(root, "", whole.led_to, shown), whole.more)


def _asked(of: Request, reaction: str, led_to: Sequence[Followed], shown: int | None) -> Asked:
    by_event: dict[UUID, list[Asked]] = defaultdict(list)
    for each in led_to:
        by_event[each.event.id].append(
            _asked(each.request, each.reaction, each.led_to, shown),
        )
    because = {each.event.position: by_event[each.event.id] for each in led_to}
    events = [
        Happened(position, told["type"], told["stream"], because.get(position, ()))
        for number, (position, told) in enumerate(_events(of))
        if number < SHOWN or position in because or position == shown
    ]
    return Asked(of, reaction, events, more=of.events - len(events))


def _events(of: Request) -> Iterator[tuple[int, dict[str, str]]]:
    """Its events by their positions."""
    yield from enumerate(of.answer.get("events", ()), of.first_position or 0)
