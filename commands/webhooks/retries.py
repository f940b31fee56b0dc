"""When an event that an endpoint did not take is sent again."""

import random
from datetime import datetime, timedelta

DELAYS = [
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
]
"""The pauses after the first failure, the second, …; the last one is repeated."""
JITTER = 0.1
"""By which part of it a delay is longer or shorter, so that not all come back at once."""
PATIENCE = timedelta(days=5)
"""How long an endpoint may fail until it is switched off."""


def next_attempt(attempts: int, failing_since: datetime, now: datetime) -> datetime | None:
    """When to try again after so many attempts in vain; None when it has failed for too long."""
    end = failing_since + PATIENCE
    if now >= end:
        return None
    delay = DELAYS[min(attempts, len(DELAYS)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
    return min(now + delay, end)
