"""Reads of what the worker keeps: how far it is, and waiting until it is far enough."""

from collections.abc import Mapping, Sequence
from time import monotonic

from eventstore import openapi
from eventstore.http import BadRequest, ViewBehind, integer
from eventstore.listening import listening
from eventstore.store import checkpoint, latest_position
from eventstore.together import Together
from projections.engine.projector import Projection
from projections.engine.reading import consumer

CHANNEL = "projections"
"""Announces the names of projections that have come further."""
PATIENCE = 5.0
"""Seconds that a read waits at most."""
MIN_POSITION = openapi.query(
    "min_position",
    {"type": "integer", "minimum": 0},
    "Answer once the view is at this position or beyond: wait for it a little, else 503.",
)


def least(given: Mapping[str, str]) -> int:
    """The position that a view is to have reached; 0 where none is asked for."""
    return integer(given, "min_position", 0, least=0, most=2**63 - 1)


def position_of(projection: Projection, least: int, head: int) -> int:
    """The position that an eventual projection shows, read in the snapshot that reads its table.

    Raises:
        BadRequest: the log does not go as far as what is asked for.
        ViewBehind: it does, and the projection does not yet.
    """
    if least > head:
        raise BadRequest([("min_position", f"The log ends at position {latest_position()}.")])
    position = checkpoint(consumer(projection.name)) or 0
    if position < least:
        raise ViewBehind(position)
    return position


async def until_reached(projection: Projection, least: int) -> None:
    """Wait until the projection is at this position, but no longer than `PATIENCE`.

    Nor is anything waited for that the log does not have.
    """
    deadline = monotonic() + PATIENCE
    if await _needs_no_wait(projection, least):
        return
    async with listening(CHANNEL, projection.name) as bell:
        while not await _needs_no_wait(projection, least):
            if not await bell.rung(max(0.0, deadline - monotonic())):
                return


async def _needs_no_wait(projection: Projection, least: int) -> bool:
    position, head = await _places.found(projection.name)
    return position >= least or head < least


def _look(names: Sequence[str]) -> dict[str, tuple[int, int]]:
    head = latest_position()
    return {name: (checkpoint(consumer(name)) or 0, head) for name in names}


_places = Together(_look)
