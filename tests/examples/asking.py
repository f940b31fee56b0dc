"""Asking the one handler: short ways to make submissions and run them."""

from typing import Any

from commands.engine.decider import handler_of
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import run
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.people import SAM, Person


def asking(command: Any, by: Person = SAM, **about: Any) -> Submission:
    """A request for this command; its payload is what tells two requests apart."""
    about.setdefault("payload", {"asked": repr(command.touches())})
    return Submission(
        command=command, name=handler_of(command).name, principal=by.principal, **about
    )


def ask(command: Any, by: Person = SAM, **about: Any) -> Outcome:
    """Run one command by itself."""
    return run([asking(command, by, **about)])[0]


def rich(code: str = "ann", amount: int = 500, owner: Person | None = None) -> None:
    """An account that got this much from the outside world."""
    ask(open_account("world", overdraft_limit=None), key="open-world")
    outcome = ask(open_account(code, owner=user(owner).id if owner else None))
    assert outcome.succeeded, outcome
    if amount:
        assert ask(pay("world", code, amount)).succeeded
