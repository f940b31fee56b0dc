"""Heads of streams: locked in one order by everybody who changes them, with their cached state."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import psycopg
from django.db import OperationalError, connection

from eventstore.columns import BigInts, Column, Texts
from eventstore.errors import StoreBusy
from eventstore.pipeline import Execute, Rows, pipeline
from eventstore.reading import COLUMNS, NOW, read_stream, recorded
from eventstore.records import Recorded, check_stream_name

INSERT_HEADS = """
INSERT INTO eventstore_stream (name, version)
SELECT unnest(%s), 0 ON CONFLICT DO NOTHING"""

HEADS = """
SELECT name, version, state, state_version, state_code
FROM eventstore_stream WHERE name = ANY(%s) ORDER BY name"""

LOCK_TABLE = "LOCK TABLE eventstore_stream IN ROW EXCLUSIVE MODE NOWAIT"

LOCK_HEADS = HEADS + " FOR {mode}"
"""The modes are "UPDATE" and "SHARE"."""

# A row that many share may never be free for who is to change it; this lock is had in turn.
GUARD = """
SELECT pg_advisory_xact_lock{shared}(
    hashtextextended('daybook.guard ' || current_schema() || ' ' || name, 0))
FROM (SELECT unnest(%s) AS name ORDER BY name) AS guarded"""

PATIENCE = "SELECT set_config('lock_timeout', %s, true)"

# What follows looks rows up by their keys, whatever the planner knows of the tables by now: a plan
# is made once for each connection, not again for each list of keys, and never reads a whole table.
BY_KEYS = (
    f"{PATIENCE}, set_config('daybook.patience', %s, true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true),"
    " set_config('enable_seqscan', 'off', true)"
)

TAILS = f"""
SELECT {", ".join("e." + column for column in COLUMNS.split(", "))}
FROM (SELECT unnest(%s) AS name, unnest(%s) AS folded) AS head
JOIN eventstore_event e ON e.stream = head.name AND e.version > head.folded
ORDER BY e.stream, e.version"""

# Of a stream that begins there is a locked head already, if others could know of it.
BEGIN = """
INSERT INTO eventstore_stream (name, version, state, state_version, state_code, due_at)
SELECT name, version, state, CASE WHEN state IS NOT NULL THEN version END, code, due::timestamptz
FROM (SELECT unnest(%s) AS name, unnest(%s) AS version,
             unnest(%s) AS state, unnest(%s) AS code, unnest(%s) AS due) AS begun
ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state,
    state_version = excluded.state_version, state_code = excluded.state_code,
    due_at = excluded.due_at"""

ADVANCE = """
UPDATE eventstore_stream SET version = changed.version
FROM (SELECT unnest(%s) AS name, unnest(%s) AS version) AS changed
WHERE eventstore_stream.name = changed.name"""

ADVANCE_WITH_STATE = """
UPDATE eventstore_stream SET version = changed.version,
    state = changed.state, state_version = changed.version, state_code = changed.code,
    due_at = changed.due::timestamptz
FROM (SELECT unnest(%s) AS name, unnest(%s) AS version,
             unnest(%s) AS state, unnest(%s) AS code, unnest(%s) AS due) AS changed
WHERE eventstore_stream.name = changed.name"""

FORGET_UNUSED = "DELETE FROM eventstore_stream WHERE name = ANY(%s) AND version = 0"

AT_ONCE, PIECE = 20_000, 2_000
"""So many events are brought together; of longer streams a piece is in memory at a time."""

TRANSACTION = f"{NOW}, pg_current_xact_id()::text"
"""The time, and the name by which anybody can ask later whether this transaction was committed."""


@dataclass(frozen=True, slots=True)
class State:
    """A stream's folded state as text, and the fingerprint of the code that folded it.

    From `due` on, something is to be done with the stream by itself.
    """

    text: str
    code: str
    due: datetime | None = None


@dataclass(slots=True)
class Head:
    """A stream as it was found: its version, and its cached state if the caller can use it.

    `folded` is the version that state goes up to, `tail` are the events since, to be read once.
    """

    version: int = 0
    state: str | None = None
    folded: int = 0
    tail: Iterable[Recorded] = ()


def lock(*streams: str) -> dict[str, int]:
    """Lock the heads of these streams until the transaction ends; their versions, 0 if new.

    For callers that append more than once in one transaction: lock all of them first.

    Raises:
        StoreBusy: this transaction has appended already and another holds one of the heads, or
            gave up a new one in the same moment.
    """
    for stream in streams:
        check_stream_name(stream)
    modes = dict.fromkeys(streams, "UPDATE")
    with busy_when_locked():
        nowait = has_appended()
        with pipeline() as execute:
            cursors = send_locks(execute, modes, insert=streams, nowait=nowait)
    found = {row[0]: row[1] for cursor in cursors for row in cursor.fetchall()}
    require(streams, found)
    return found


def send_locks(
    execute: Execute,
    modes: Mapping[str, str],
    *,
    insert: Iterable[str],
    guards: Collection[str] = (),
    nowait: bool = False,
) -> list[Rows]:
    """Send the statements that lock heads, each for "UPDATE" or "SHARE", in the one order.

    The names of `guards` are locked first, whether there are such heads or not: who shares one
    needs no lock of its head.
    """
    for mode, names in groupby(sorted(guards), key=modes.__getitem__):
        execute(GUARD.format(shared="_shared" if mode == "SHARE" else ""), [Texts(names)])
    missing = sorted(set(insert))
    if missing:
        execute(INSERT_HEADS, [Texts(missing)])
    shared = [name for name in guards if modes[name] == "SHARE"]
    cursors = [send_heads(execute, shared)] if shared else []
    for mode, names in groupby(sorted(modes.keys() - shared), key=modes.__getitem__):
        sql = LOCK_HEADS.format(mode=mode) + (" NOWAIT" if nowait else "")
        cursors.append(execute(sql, [Texts(names)]))
    return cursors


def send_patience(execute: Execute, milliseconds: int, *, position: int | None = None) -> None:
    """Let no later statement of this transaction wait longer than this for any one lock.

    The lock of the position, which all who write take in turn, may be waited for as long as
    `position` says. Nor are statements planned for the tables as they happen to be: they are all
    found by their keys.
    """
    longer = milliseconds if position is None else position
    execute(BY_KEYS, [f"{milliseconds}ms", f"{longer}ms"])


def send_heads(execute: Execute, streams: Iterable[str]) -> Rows:
    """Send the query for heads as they are, without a lock."""
    return execute(HEADS, [Texts(streams)])


def cached_states(after: str = "", limit: int = 1_000) -> list[tuple[str, int, State]]:
    """Streams that have a cached state, by name: name, version folded up to, and the state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, state_version, state, state_code FROM eventstore_stream"
            " WHERE name > %s AND state IS NOT NULL ORDER BY name LIMIT %s",
            [after, limit],
        )
        return [(name, at, State(text, code)) for name, at, text, code in cursor.fetchall()]


def received(found: Iterable[Rows], codes: Mapping[str, str]) -> dict[str, Head]:
    """What `send_locks` or `send_heads` brought: the heads that exist, by stream, with their tails.

    A state folded by other code than the one given for its stream is as good as none: its stream
    is read whole.
    """
    heads = {}
    for cursor in found:
        for name, version, state, folded, code in cursor.fetchall():
            usable = state is not None and code == codes.get(name)
            heads[name] = Head(version, state, folded) if usable else Head(version)
    few, room = dict[str, int](), AT_ONCE
    for name, head in heads.items():
        if (lacking := head.version - head.folded) > room:
            head.tail = _in_pieces(name, head.folded, head.version)
        elif lacking:
            few[name] = head.folded
            room -= lacking
    if few:
        with pipeline() as execute:
            tails = execute(TAILS, [Texts(few), BigInts(few.values())])
        for stream, rows in groupby(tails.fetchall(), key=lambda row: row[1]):
            heads[stream].tail = [recorded(row) for row in rows]
    return heads


def _in_pieces(stream: str, after: int, upto: int) -> Iterator[Recorded]:
    """The events of a stream: a long one that other code has folded is not read at once."""
    for folded in range(after, upto, PIECE):
        yield from read_stream(stream, after=folded, upto=min(folded + PIECE, upto))


def send_advance(
    execute: Execute, versions: Mapping[str, int], states: Mapping[str, State] | None
) -> None:
    """Send the new versions of heads that are locked, and their states where the caller folds."""
    if not versions:
        return
    if states is None:
        execute(ADVANCE, [Texts(versions), BigInts(versions.values())])
    else:
        execute(ADVANCE_WITH_STATE, _with_states(versions, states))


def send_begin(
    execute: Execute, versions: Mapping[str, int], states: Mapping[str, State] | None
) -> None:
    """Send heads of streams that begin, whether they were locked or nobody else knows of them."""
    if versions:
        execute(BEGIN, _with_states(versions, states or {}))


def _with_states(versions: Mapping[str, int], states: Mapping[str, State]) -> list[Column]:
    cached = [states.get(name) for name in versions]
    texts = Texts(state.text if state else None for state in cached)
    codes = Texts(state.code if state else None for state in cached)
    due = Texts(state.due.isoformat() if state and state.due else None for state in cached)
    return [Texts(versions), BigInts(versions.values()), texts, codes, due]


def require(streams: Iterable[str], found: Container[str]) -> None:
    """See that the heads that were inserted were still there when they were locked.

    Raises:
        StoreBusy: another transaction, which had no use for it, removed one in between.
    """
    if gone := [stream for stream in streams if stream not in found]:
        raise StoreBusy(f"{gone[0]} was just given up by another transaction: end this one")


def has_appended() -> bool:
    """Whether this transaction appended before, and so holds the position lock."""
    if not connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('daybook.base', true)")
        (base,) = cursor.fetchone()
    return bool(base)


@contextmanager
def busy_when_locked() -> Iterator[None]:
    """Turn "could not get the lock at once" into `StoreBusy`."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise StoreBusy("a stream is locked by another transaction: end this one") from error
        raise
