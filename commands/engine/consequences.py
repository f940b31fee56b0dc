"""What a request led to: its events, what reactions asked for because of them, and so on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from commands.engine import readable
from commands.engine.models import Caused, Request
from commands.engine.outcomes import REACTION
from eventstore.reading import read_ids
from eventstore.records import Recorded

MOST = 200
"""Requests of a tree that are shown; those that are nearest to its root."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A request that a reaction made because of an event, and what that led to in turn."""

    event: Recorded
    reaction: str
    request: Request
    led_to: "Sequence[Followed]"

    @property
    def words(self) -> str:
        """What was asked, in words."""
        return readable.phrase(self.request.command)


@dataclass(frozen=True, slots=True)
class Tree:
    """Where a request stands among those that go back to one that somebody made.

    `root` is that one's id, None of a request that is the root itself.
    """

    root: UUID | None
    led_to: Sequence[Followed]
    more: bool


NONE = Tree(None, (), more=False)


def tree(of: Request) -> Tree:
    """What a request goes back to, and what it led to; read in a few queries, however deep.

    It tells what others have set their accounts to do: it is for those who may see all of them.
    """
    cause = Caused.objects.filter(request=of.id).first() if of.source == REACTION else None
    root = cause.correlation if cause else of.parent or of.id
    rows = list(Caused.objects.filter(correlation=root).order_by("depth", "request")[: MOST + 1])
    if not rows:
        return NONE
    requests = Request.objects.in_bulk([each.request for each in rows])
    events = {each.id: each for each in read_ids({each.event for each in rows})}
    caused = {str(each.request) for each in rows}
    by_request: dict[str, list[Caused]] = defaultdict(list)
    for each in rows[:MOST]:
        if each.request in requests and each.event in events:
            asker = events[each.event].metadata.get("request", "")
            # Of a bulk, what its items led to is shown as what it led to itself.
            is_item = root == of.id and asker not in caused
            by_request[str(of.id) if is_item else asker].append(each)

    def followed(request: UUID) -> list[Followed]:
        return [
            Followed(
                events[each.event],
                each.reaction,
                requests[each.request],
                followed(each.request),
            )
            for each in by_request[str(request)]
        ]

    return Tree(root if cause else None, followed(of.id), more=len(rows) > MOST)
