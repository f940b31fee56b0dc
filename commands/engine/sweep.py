"""The sweep that does what is due where nobody comes by: the worker calls it now and then."""

import logging

from commands.engine.deciding import settle
from commands.engine.due import due, is_ever_due
from commands.engine.errors import Busy, HeldElsewhere
from commands.engine.outcomes import Outcome
from eventstore import heads

MOST = 100
"""Streams at a time."""

log = logging.getLogger(__name__)


def sweep() -> int:
    """Do what is due and nobody has come by for, the longest overdue first; on how many streams.

    What fails, is held by others or comes to nothing yet is due still, and is tried again by the
    next sweep. This one goes on with what is behind it, so that it keeps nothing else waiting.
    """
    done, left = 0, list[str]()
    while streams := heads.due(MOST, but=left):
        before = len(left)
        asked = {stream: due(stream) for stream in streams if is_ever_due(stream)}
        left += [stream for stream in streams if stream not in asked]
        results = settle([*asked.values()]) if asked else []
        for (stream, each), result in zip(asked.items(), results, strict=True):
            if isinstance(result, Outcome) and result.events:
                done += 1
                continue
            left.append(stream)
            if not isinstance(result, Outcome | HeldElsewhere | Busy):
                log.error("%s %s failed", each.name, each.arguments, exc_info=result)
        if len(left) == before or len(streams) < MOST:
            break
    return done
