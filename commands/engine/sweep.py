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

    What fails or is held by others is due still, and is tried again by the next sweep.
    """
    asked = [due(stream) for stream in heads.due(MOST)]
    results = settle(asked) if asked else []
    for each, result in zip(asked, results, strict=True):
        if isinstance(result, Exception) and not isinstance(result, HeldElsewhere | Busy):
            log.error("%s %s failed", each.name, each.arguments, exc_info=result)
    return sum(isinstance(result, Outcome) and result.events > 0 for result in results)
