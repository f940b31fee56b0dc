"""The sweep that does what is due where nobody comes by: the worker calls it now and then."""

import logging

from commands.engine.deciding import settle
from commands.engine.due import due
from commands.engine.errors import Busy, HeldElsewhere
from commands.engine.outcomes import Outcome
from eventstore import heads

MOST = 100
"""Streams at a time."""

log = logging.getLogger(__name__)


def sweep() -> int:
    """Do what is due and nobody has come by for, the longest overdue first; on how many streams.

    What fails or is held by others is due still, and is tried again by the next sweep. This one
    goes on with what is behind it, so that it keeps nothing else waiting.
    """
    done, left = 0, list[str]()
    while streams := heads.due(MOST, but=left):
        asked = [due(stream) for stream in streams]
        failed = len(left)
        for stream, each, result in zip(streams, asked, settle(asked), strict=True):
            if isinstance(result, Outcome):
                done += result.events > 0
                continue
            left.append(stream)
            if not isinstance(result, HeldElsewhere | Busy):
                log.error("%s %s failed", each.name, each.arguments, exc_info=result)
        if len(left) == failed or len(streams) < MOST:
            break
    return done
