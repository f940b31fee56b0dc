"""The sweep that does what is due where nobody comes by: the worker calls it now and then."""

import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from commands.engine.decider import entity_of
from commands.engine.deciding import settle
from commands.engine.due import due, is_ever_due
from commands.engine.errors import Busy, HeldElsewhere
from commands.engine.outcomes import Outcome
from commands.engine.run import look
from eventstore import dues

MOST = 100
"""Streams at a time."""

log = logging.getLogger(__name__)


def sweep() -> int:
    """Do what is due and nobody has come by for, the longest overdue first; on how many streams.

    What fails or is held by others is due still, and is tried again by the next sweep; what comes
    to nothing is when its time has come. This one goes on with what is behind all that, so that it
    keeps nothing else waiting.
    """
    done, left, idle = 0, list[str](), list[str]()
    while streams := dues.due(MOST, but=left):
        before = len(left)
        asked = {stream: due(stream) for stream in streams if is_ever_due(stream)}
        left += [stream for stream in streams if stream not in asked]
        results = settle([*asked.values()]) if asked else []
        for (stream, each), result in zip(asked.items(), results, strict=True):
            if isinstance(result, Outcome) and result.events:
                done += 1
                continue
            left.append(stream)
            if isinstance(result, Outcome):
                idle.append(stream)
            elif not isinstance(result, HeldElsewhere | Busy):
                log.error("%s %s failed", each.name, each.arguments, exc_info=result)
        if len(left) == before or len(streams) < MOST:
            break
    if idle:
        _put_off(idle)
    return done


def _put_off(streams: Sequence[str]) -> None:
    """See when there is something to do: by another time zone that is not when it was."""
    found, zone = look(streams), ZoneInfo(settings.DAYBOOK_BOOK_TIME_ZONE)
    dues.put_off(
        {
            stream: (found.version(stream), entity_of(stream).due(found[stream], zone))
            for stream in streams
        }
    )
