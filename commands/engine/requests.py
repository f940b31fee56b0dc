"""The request table's SQL: keys are claimed and looked up first, rows are written last."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from commands.engine.errors import IdempotencyKeyReused, InProgress
from commands.engine.outcomes import Outcome, Submission
from eventstore import signals
from eventstore.columns import BigInts, Bytes, Texts, Uuids
from eventstore.pipeline import Execute, Rows

CLAIM = """
SELECT principal, key, pg_try_advisory_xact_lock(
    hashtextextended('daybook.key ' || current_schema() || ' ' || principal || ' ' || key, 0))
FROM (SELECT unnest(%s) AS principal, unnest(%s) AS key) AS wanted"""

FIND = """
SELECT principal, key, id, status, http_status, answer::text, first_position, events, decided_at,
    fingerprint
FROM commands_request JOIN (SELECT unnest(%s) AS principal, unnest(%s) AS key) AS wanted
    USING (principal, key)"""

INSERT = f"""
INSERT INTO commands_request (id, parent, command, payload, fingerprint, key, principal, source,
    road, status, http_status, answer, first_position, events, decided_on, received_at, decided_at)
SELECT id, parent, command, payload::json, fingerprint, key, principal, source, road,
    status, http_status, answer::json, {signals.position_of("first_position")}, events,
    decided_on::json, received_at::timestamptz,
    CASE WHEN first_position < 0 THEN {signals.RECORDED_AT} ELSE decided_at::timestamptz END
FROM (SELECT unnest(%s) AS id, unnest(%s) AS parent, unnest(%s) AS command,
    unnest(%s) AS payload,
    unnest(%s) AS fingerprint, unnest(%s) AS key, unnest(%s) AS principal, unnest(%s) AS source,
    unnest(%s) AS road, unnest(%s) AS status, unnest(%s) AS http_status, unnest(%s) AS answer,
    unnest(%s) AS first_position, unnest(%s) AS events, unnest(%s) AS decided_on,
    unnest(%s) AS received_at, unnest(%s) AS decided_at) AS new"""

Key = tuple[UUID, str]


@dataclass(slots=True)
class Row:
    """An outcome to be stored; `key` is null unless the outcome uses it up."""

    submission: Submission
    outcome: Outcome
    key: str | None
    decided_on: dict[str, int]


class Keys:
    """The idempotency keys of a batch: claimed by this transaction, found in the table, or new."""

    def __init__(self, claims: Iterable[Sequence[Any]], found: Iterable[Sequence[Any]]) -> None:
        self._free = {(principal, key) for principal, key, claimed in claims if claimed}
        self._known: dict[Key, tuple[bytes, Outcome]] = {}
        for principal, key, id_, status, http, answer, first, events, at, fingerprint in found:
            outcome = Outcome(
                request=id_,
                status=status,
                http_status=http,
                answer=orjson.loads(answer),
                first_position=first,
                events=events,
                decided_at=at,
            )
            self._known[principal, key] = bytes(fingerprint), outcome

    def known(self, submission: Submission) -> Outcome | None:
        """The outcome this key already has; None when the key is absent or new.

        Raises:
            InProgress: another transaction is deciding a request with this key.
            IdempotencyKeyReused: the key belongs to another request.
        """
        if submission.key is None:
            return None
        key = submission.principal.user, submission.key
        if key not in self._free:
            raise InProgress
        if key not in self._known:
            return None
        fingerprint, outcome = self._known[key]
        if fingerprint != submission.fingerprint:
            raise IdempotencyKeyReused(key=submission.key)
        return replace(outcome, replayed=True)

    def known_so_far(self) -> dict[Key, tuple[bytes, Outcome]]:
        """What is known now, for `forget_all_but`."""
        return dict(self._known)

    def forget_all_but(self, known: dict[Key, tuple[bytes, Outcome]]) -> None:
        """Go back to what was known then."""
        self._known = known

    def remember(self, row: Row) -> None:
        """A later command of the batch with this key replays this one's outcome."""
        if row.key is not None:
            submission = row.submission
            key = submission.principal.user, row.key
            self._known[key] = submission.fingerprint, row.outcome


def send_keys(execute: Execute, submissions: Sequence[Submission]) -> tuple[Rows, Rows] | None:
    """Send the claim and the look-up of all keys of a batch; None when it has none."""
    keyed = [pair for each in submissions for pair in each.keys]
    if not keyed:
        return None
    principals, keys = Uuids(user for user, _ in keyed), Texts(key for _, key in keyed)
    return execute(CLAIM, [principals, keys]), execute(FIND, [principals, keys])


def insert(rows: Sequence[Row]) -> tuple[str, list[Any]]:
    """The statement that stores these outcomes."""
    asked = [row.submission for row in rows]
    outcomes = [row.outcome for row in rows]
    return INSERT, [
        Uuids(each.id for each in asked),
        Uuids(each.parent for each in asked),
        Texts(each.name for each in asked),
        Texts(dumps({**each.arguments, **each.payload}) for each in asked),
        Bytes(each.fingerprint for each in asked),
        Texts(row.key for row in rows),
        Uuids(each.principal.user for each in asked),
        Texts(each.source for each in asked),
        Texts(each.road for each in asked),
        Texts(each.status for each in outcomes),
        BigInts(each.http_status for each in outcomes),
        Texts(orjson.dumps(each.answer) for each in outcomes),
        BigInts(each.first_position for each in outcomes),
        BigInts(each.events for each in outcomes),
        Texts(orjson.dumps(row.decided_on) for row in rows),
        Texts(each.received_at for each in asked),
        Texts(each.decided_at for each in outcomes),
    ]


def dumps(payload: dict[str, Any]) -> str:
    """What the client sent, as JSON; integers may be longer than any fast writer takes."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
