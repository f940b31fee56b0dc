"""Requests as they were decided at other times than now, straight into their table."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from eventstore.ids import uuid7
from tests.examples.people import SAM

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
"""The beginning of an hour that is over."""

INSERT = """
INSERT INTO commands_request (id, command, payload, fingerprint, principal, source, road, status,
    http_status, answer, events, decided_on, received_at, decided_at, lane)
SELECT id, command, '{}', '', principal, 'api', 'awaited', status, 200, answer::json, 0,
    decided_on::json, received_at, decided_at, lane
FROM (SELECT unnest(%s::uuid[]) AS id, unnest(%s::text[]) AS command,
    unnest(%s::uuid[]) AS principal, unnest(%s::text[]) AS status, unnest(%s::text[]) AS answer,
    unnest(%s::text[]) AS decided_on, unnest(%s::timestamptz[]) AS received_at,
    unnest(%s::timestamptz[]) AS decided_at, unnest(%s::bigint[]) AS lane) AS new"""


def decided(
    at: datetime,
    *,
    command: str = "post_transfer",
    status: str = "succeeded",
    code: str = "",
    took: float = 1.0,
    principal: UUID = SAM.id,
    accounts: Sequence[str] = (),
    queued: bool = False,
) -> dict[str, Any]:
    """A request that was decided then, so many milliseconds after it came in."""
    return {
        "command": command,
        "status": status,
        "answer": {"code": code} if code else {},
        "principal": principal,
        "decided_on": {f"account-{name}": 1 for name in accounts} | {"transfer-x": 0},
        "received_at": at - timedelta(milliseconds=took),
        "decided_at": at,
        "lane": 1 if queued else None,
    }


def insert_history(requests: Iterable[dict[str, Any]], into: Any = None) -> None:
    """Store such requests, on this connection or another."""
    found = list(requests)
    values = [
        [uuid7() for _ in found],
        [each["command"] for each in found],
        [each["principal"] for each in found],
        [each["status"] for each in found],
        [orjson.dumps(each["answer"]).decode() for each in found],
        [orjson.dumps(each["decided_on"]).decode() for each in found],
        [each["received_at"] for each in found],
        [each["decided_at"] for each in found],
        [each["lane"] for each in found],
    ]
    with (into or connection).cursor() as cursor:
        cursor.execute(INSERT, values)
