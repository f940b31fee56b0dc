"""What should cost the same whatever grows: streams, the store, old snapshots, hot accounts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from tests.benchmarks import handwritten, ours, rebuilt, web
from tests.benchmarks.measure import Figures, alternating, say
from tests.benchmarks.place import ACCOUNTS, OURS, Apart, apart, has_schema, migrate, reach
from tests.examples.asking import ask
from tests.examples.ledger import open_account
from tests.examples.many import lengthen

CALLERS = 64

Found = dict[str, Any]


def stream_length(us: Apart, lengths: tuple[int, ...], rounds: int, times: int) -> Found:
    """A lone transfer, by how many events the account that it debits has."""
    for length in lengths:
        us.do(make_stream, length)

    def measured(length: int) -> Callable[[], Figures]:
        return lambda: us.do(ours.one_by_one, f"length:{length}", times)

    contenders = {str(length): measured(length) for length in lengths}
    return alternating(contenders, rounds, "events in the stream")


def make_stream(length: int) -> None:
    """An account with so many events."""
    ask(open_account(f"length:{length}", overdraft_limit=None))
    lengthen(f"account-length:{length}", length - 1)


def store_size(sizes: tuple[int, ...], rounds: int, seconds: float) -> Found:
    """Transfers of many callers, by how many events the store has; big stores are kept."""
    with ExitStack() as stack:
        contenders = {}
        for size in sizes:
            us = stack.enter_context(apart(store_of(size)))
            us.do(ours.fill, size)
            us.do(ours.settle_down)
            contenders[str(size)] = _spread(us, seconds)
        return alternating(contenders, rounds, "events in the store")


def rebuild(size: int) -> Found:
    """Balances and entries of a store of this size made again, and by others."""
    schema = store_of(size)
    with apart(schema) as us:
        us.do(ours.fill, size)
        return rebuilt.rates(us, schema)


def store_of(size: int) -> str:
    """The schema of a store of this size; when it is new, with accounts alone."""
    schema = f"{OURS}_{size}"
    new = not has_schema(schema)
    migrate(schema)
    if new:
        say(f"filling a store with {size:,} events …")
        with apart(schema) as us:
            us.do(ours.open_accounts, ACCOUNTS)
    return schema


def _spread(us: Apart, seconds: float) -> Callable[[], Figures]:
    return lambda: us.do(ours.transfers, CALLERS, seconds)


def hot_account(us: Apart, rounds: int, seconds: float) -> Found:
    """Transfers of which each touches the one outside account, and of which none does."""
    contenders = {
        "ours_spread": _spread(us, seconds),
        "ours_hot": lambda: us.do(ours.transfers, CALLERS, seconds, ours.hot),
        "handwritten_spread": lambda: handwritten.by_pgbench(seconds),
        "handwritten_hot": lambda: handwritten.by_pgbench(seconds, hot=True),
    }
    return alternating(contenders, rounds, "accounts")


def snapshot_held(us: Apart, rounds: int, seconds: float) -> Found:
    """Transfers while somebody's REPEATABLE READ transaction keeps all old row versions alive.

    Without it, and at the beginning and the end of the time that it is held.
    """
    part = min(seconds / 6, 5)
    contenders: Mapping[str, Callable[[], Figures]] = {
        "ours_spread": lambda: us.do(ours.transfers, CALLERS, part),
        "ours_hot": lambda: us.do(ours.transfers, CALLERS, part, ours.hot),
        "handwritten_hot": lambda: handwritten.by_pgbench(part, hot=True),
    }
    found: Found = {"seconds": seconds}
    us.do(ours.settle_down)
    found["without"] = alternating(contenders, rounds, "no snapshot")
    with _snapshot():
        found["first"] = alternating(contenders, 1, "a snapshot just taken")
        us.do(ours.transfers, CALLERS, max(0.0, seconds - 6 * part), ours.hot)
        found["last"] = alternating(contenders, 1, "a snapshot held for long")
    return found


@contextmanager
def _snapshot() -> Iterator[None]:
    """Somebody looks at the database and does not stop."""
    with psycopg.connect(**reach()) as somebody:
        somebody.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        somebody.execute("SELECT txid_current()")
        yield


def processes(schema: str, token: str, rounds: int, seconds: float) -> Found:
    """One web server of one process, and one of two."""
    with web.daybook(schema, token) as one, web.daybook(schema, token, workers=2) as two:
        path = web.OURS_PATH
        contenders = {
            "1": lambda: one.post(path, web.OURS_BODY, CALLERS, seconds),
            "2": lambda: two.post(path, web.OURS_BODY, CALLERS, seconds),
        }
        return alternating(contenders, rounds, "server processes")
