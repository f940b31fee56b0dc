"""When an event that was not taken is sent again."""

from datetime import UTC, datetime, timedelta

import pytest

from commands.webhooks.retries import DELAYS, PATIENCE, next_attempt

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 21600), (7, 86400), (8, 86400)],
)
def test_it_waits_longer_each_time(attempts, seconds):
    waits = [(next_attempt(attempts, NOW, NOW) - NOW).total_seconds() for _ in range(200)]
    assert 0.9 * seconds <= min(waits) < 0.95 * seconds
    assert 1.05 * seconds < max(waits) <= 1.1 * seconds


def test_the_last_attempt_is_when_patience_ends():
    since, now, attempts = NOW, NOW, 0
    while now is not None:
        last, attempts = now, attempts + 1
        now = next_attempt(attempts, since, now)
    assert last == since + PATIENCE
    # Delays are stretched by chance, so that one more or less may fit in the end.
    assert abs(attempts - len(DELAYS) - 5) <= 1


def test_after_that_there_is_none():
    assert next_attempt(9, NOW - PATIENCE, NOW) is None
    assert next_attempt(1, NOW - PATIENCE - timedelta(days=1), NOW) is None
