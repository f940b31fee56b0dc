"""Progress: a line that is written over on a terminal, one now and then elsewhere."""

import io

import pytest
from django.core.management.base import OutputWrapper

from eventstore import progress
from eventstore.progress import WIPE, Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """The time, which a test sets."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


def told(output, clock, *calls):
    """What is written by calls at these seconds, each with what is done of 1,000."""
    clock[0] = 100.0
    show = Progress(OutputWrapper(output), "seals")
    for seconds, done in calls:
        clock[0] = 100.0 + seconds
        show(done, 1_000)
    return output.getvalue()


def test_elsewhere_a_line_stands_every_ten_seconds(clock):
    calls = [(0, 0), (9, 90), (10, 100), (11, 110), (19, 190), (25, 250)]
    assert told(io.StringIO(), clock, *calls) == (
        "seals: 100 of 1,000 (10 %), 10/s, 1:30 min left\n"
        "seals: 250 of 1,000 (25 %), 10/s, 1:15 min left\n"
    )


def test_what_is_done_soon_says_nothing(clock):
    assert told(io.StringIO(), clock, (0, 500), (5, 1_000)) == ""
    assert told(Terminal(), clock, (0, 500), (0.05, 1_000)) == ""


def test_a_terminal_shows_one_line_and_none_at_the_end(clock):
    assert told(Terminal(), clock, (0, 0), (1, 500), (1.05, 600), (2, 1_000)) == (
        f"{WIPE}seals: 500 of 1,000 (50 %), 500/s, 1 s left{WIPE}"
    )


def test_what_was_done_before_it_began_says_nothing_of_the_rate(clock):
    """As when a task goes on where it was stopped."""
    assert told(io.StringIO(), clock, (0, 900), (10, 910)) == (
        "seals: 910 of 1,000 (91 %), 1/s, 1:30 min left\n"
    )


def test_without_a_rate_there_is_no_time_left(clock):
    assert told(io.StringIO(), clock, (0, 0), (10, 0)) == "seals: 0 of 1,000 (0 %)\n"
    assert told(io.StringIO(), clock, (10, 10)) == "seals: 10 of 1,000 (1 %)\n"
