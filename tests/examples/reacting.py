"""Reactions of tests: registered for one test, in a worker's loop of one step at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from eventstore.listeners import listener, worker


@contextmanager
def only_those_of_this_test() -> Iterator[None]:
    """What is registered in here is gone afterwards, and nothing else is there meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listener, "_listeners", {})
        yield


def follow_all(*, rounds: int = 100) -> None:
    """Let all listeners come as far as the log, with what they add to it themselves."""
    for _ in range(rounds):
        if not worker.step():
            return
    raise AssertionError(f"there was still something to do after {rounds} rounds")
