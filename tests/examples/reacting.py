"""Reactions of tests: registered for one test, in a worker's loop of one step at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db.models import QuerySet

from commands.engine.models import Request
from commands.engine.watching import Happened
from commands.ledger.messages import PostTransfer
from eventstore.listeners import listener, worker
from projections.ledger.models import Balance

NAME = "bonus"
"""Of the reaction that gives 1 to whoever opens an account."""


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


def give(happened: Happened, to: str, amount: int = 1) -> PostTransfer:
    """A transfer from the outside world."""
    return PostTransfer.between("world", to, amount, transfer=happened.new_id("gift"))


def posted(code: str) -> int:
    """What came into an account less what went out of it."""
    found = Balance.objects.get(account=code)
    return found.credits - found.debits


def asked() -> QuerySet[Request]:
    """The requests that reactions made."""
    return Request.objects.filter(source="reaction")
