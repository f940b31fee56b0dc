"""The whole log for whoever folds it: some events at a time, as many as memory is meant for."""

from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

import orjson
from django.db import connection, connections

from eventstore.reading import following
from eventstore.records import Recorded

SIZE = 2**20

# Only what comes before an event counts, so that there is always one, however large it is.
SOME = """
SELECT position, stream, version, type, schema, data, recorded_at, metadata, size FROM (
    SELECT *, octet_length(data) + octet_length(metadata) AS own,
        sum(octet_length(data) + octet_length(metadata))
            OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS size
    FROM (SELECT position, stream, version, type, schema, data::text AS data,
              recorded_at::text, {metadata} AS metadata
          FROM eventstore_event WHERE {where} ORDER BY position LIMIT %s) AS next) AS summed
WHERE size - own < %s ORDER BY position"""


class Unread:
    """Stands for what is not read of an event that is folded: its id, and often its metadata.

    Raises:
        LookupError: somebody looks at it.
    """

    def _refuse(self, *_: Any) -> Any:
        raise LookupError(
            "it is not read when the log is folded: metadata only where asked for, ids never"
        )

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = _refuse
    __eq__ = __hash__ = __str__ = __contains__ = _refuse


# Events that were appended together have the same time.
_time = lru_cache(maxsize=1_000)(datetime.fromisoformat)

UNREAD = cast(Any, Unread())


@dataclass(frozen=True, slots=True)
class Some:
    """Events, which are all that there are up to the position that is `reached`.

    `size` is how many bytes of them were read. Each is made when its turn comes, and may be gone
    when the next one is made.
    """

    reached: int
    size: int
    rows: list[tuple[Any, ...]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Recorded]:
        loads = orjson.loads
        for position, stream, version, kind, schema, data, at, metadata, _ in self.rows:
            read = loads(metadata) if metadata else UNREAD
            yield Recorded(
                position, stream, version, kind, schema, loads(data), read, UNREAD, _time(at)
            )

    def without(self, positions: Collection[int]) -> "Some":
        """The same, but for events at these positions."""
        if not positions:
            return self
        return replace(self, rows=[row for row in self.rows if row[0] not in positions])


class Scan:
    """Reads events of these types, with no more than `SIZE` bytes of data and metadata at once.

    Each time is a statement of its own, so that no snapshot is held. One event may be larger.
    """

    def __init__(self, types: Collection[str], *, metadata: bool = False) -> None:
        self._types = types
        self._metadata = "metadata::text" if metadata else "''"
        self._fit = 1_000
        """How many events one may ask for without reading many in vain, should they be large."""

    def next(self, after: int, upto: int, most: int) -> Some:
        """The next events with `after` < position ≤ `upto`, in commit order; `most` of them."""
        limit = min(most, self._fit)
        where, parameters = following(after, self._types)
        sql = SOME.format(where=" AND ".join([*where, "position <= %s"]), metadata=self._metadata)
        with connection.cursor() as cursor:
            cursor.execute(sql, [*parameters, upto, limit, SIZE])
            rows = cursor.fetchall()
        size = rows[-1][-1] if rows else 0
        is_all = len(rows) < limit and size < SIZE
        if size >= SIZE or len(rows) == self._fit:
            self._fit = 2 * len(rows)
        return Some(upto if is_all else rows[-1][0], size, rows)


class Ahead:
    """Reads as a scan does, but the next events while the caller is busy with those before them.

    That takes a connection of its own, until the block ends. Inside a transaction, into which
    that one could not see, nothing is read ahead.
    """

    def __init__(self, scan: Scan) -> None:
        self._scan, self._pool = scan, ThreadPoolExecutor(1, "ahead")
        self._coming: Future[Some] | None = None

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.submit(connections.close_all)
        self._pool.shutdown()

    def next(self, after: int, upto: int, most: int) -> Some:
        """The next events; whoever asks begins where the last ones ended, with the same `upto`."""
        some = self._coming.result() if self._coming else self._scan.next(after, upto, most)
        self._coming = None
        if some.reached < upto and not connection.in_atomic_block:
            self._coming = self._pool.submit(self._scan.next, some.reached, upto, most)
        return some
