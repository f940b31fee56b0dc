"""Our own commands, asked for as the server asks for them: by callers of one event loop."""

import asyncio
import time
from collections.abc import Callable, Iterator

from django.db import connection

from commands.access.models import Token
from commands.engine import writer
from commands.engine.outcomes import Submission
from commands.engine.run import MAX_BATCH, run
from config.garbage import seldom_collect
from tests.benchmarks.measure import Figures, of_coroutines
from tests.benchmarks.place import two
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.people import SAM

OUTSIDE = "outside:bank"


def account(number: int) -> str:
    return f"customers:{number}"


def open_accounts(count: int) -> None:
    """The outside, and so many accounts that may be overdrawn without limit."""
    commands = [open_account(code, overdraft_limit=None) for code in _codes(count)]
    for each in _batches(commands):
        assert all(outcome.succeeded for outcome in run([_asking(command) for command in each]))


def _codes(count: int) -> Iterator[str]:
    yield OUTSIDE
    yield from (account(number) for number in range(1, count + 1))


def _batches(commands: list[object]) -> Iterator[list[object]]:
    for first in range(0, len(commands), MAX_BATCH):
        yield commands[first : first + MAX_BATCH]


def _asking(command: object) -> Submission:
    name = "open_account" if hasattr(command, "code") else "post_transfer"
    return Submission(command=command, name=name, principal=SAM.principal)


def spread() -> Submission:
    """A transfer between any two accounts."""
    source, target = two()
    return transfer(account(source), account(target))


def hot() -> Submission:
    """A transfer from the one outside account, which all others are, too."""
    return transfer(OUTSIDE, account(two()[0]))


def transfer(source: str, target: str) -> Submission:
    return Submission(
        command=pay(source, target, 1),
        name="post_transfer",
        principal=SAM.principal,
        payload={"from": source, "to": target, "amount": 1},
    )


def transfers(callers: int, seconds: float, kind: Callable[[], Submission] = spread) -> Figures:
    """Transfers by the writer, as many callers at once wait for theirs."""

    seldom_collect()  # As the server does.

    async def one() -> None:
        outcome = await writer.adispatch(kind())
        assert outcome.succeeded, outcome.answer

    return asyncio.run(of_coroutines(callers, seconds, one))


def one_by_one(code: str, times: int) -> Figures:
    """Transfers that touch this account, each in a transaction of its own."""
    took = []
    for _ in range(times):
        asked, began = transfer(code, account(two()[0])), time.perf_counter()
        (outcome,) = run([asked])
        took.append(time.perf_counter() - began)
        assert outcome.succeeded, outcome.answer
    return Figures.of(took, sum(took))


def fill(upto: int) -> int:
    """Post transfers until the log has so many events; how many events it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(position) FROM eventstore_event")
        (position,) = cursor.fetchone()
    while position < upto:
        outcomes = run([hot() for _ in range(MAX_BATCH)])
        position = outcomes[-1].position
    return position


def settle_down() -> None:
    """What autovacuum would do in time, so that no contender pays for another's work."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def token() -> str:
    """A token of somebody who may operate."""
    return Token.issue(user(SAM))
