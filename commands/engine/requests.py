"""The request table's SQL: keys are claimed and looked up first, rows are written last."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from commands.engine import notifications
from commands.engine.announcing import announce, wake_workers
from commands.engine.errors import IdempotencyKeyReused, InProgress, KeyUsedSince
from commands.engine.outcomes import Group, Outcome, Submission
from eventstore import signals
from eventstore.columns import BigInts, Bytes, Texts, Uuids
from eventstore.pipeline import Execute, Rows

CLAIM = """
SELECT principal, key, CASE WHEN %s THEN pg_try_advisory_xact_lock(
    hashtextextended('daybook.key ' || current_schema() || ' ' || principal || ' ' || key, 0))
    ELSE true END FROM (SELECT unnest(%s) AS principal, unnest(%s) AS key) AS wanted"""

FIND = """
SELECT principal, key, id, status, http_status, answer::text, first_position, events, decided_at,
    fingerprint
FROM commands_request JOIN (SELECT unnest(%s) AS principal, unnest(%s) AS key) AS wanted
    USING (principal, key)
WHERE status <> 'failed'"""

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

ACCEPT = """
INSERT INTO commands_request (id, parent, retry_of, command, payload, fingerprint, key, principal,
    source, road, status, http_status, answer, events, decided_on, received_at, expected, prefix,
    not_before, accepted_at, size, lane, place)
SELECT id, parent, retry_of, command, payload::json, fingerprint, key, principal, source, road,
    'accepted', 202, answer::json, 0, '{}', received_at::timestamptz, expected::json, prefix,
    not_before::timestamptz, clock_timestamp(), size, lane, CASE WHEN not_before IS NULL
        OR not_before::timestamptz <= clock_timestamp() THEN nextval('commands_request_place') END
FROM (SELECT unnest(%s) AS id, unnest(%s) AS parent, unnest(%s) AS retry_of,
    unnest(%s) AS command, unnest(%s) AS payload, unnest(%s) AS fingerprint, unnest(%s) AS key,
    unnest(%s) AS principal, unnest(%s) AS source, unnest(%s) AS road, unnest(%s) AS answer,
    unnest(%s) AS received_at, unnest(%s) AS expected, unnest(%s) AS prefix,
    unnest(%s) AS not_before, unnest(%s) AS size, unnest(%s) AS lane) AS new"""

DECIDE = f"""
UPDATE commands_request AS request SET status = new.status, http_status = new.http_status,
    answer = new.answer::json, first_position = {signals.position_of("new.first_position")},
    events = new.events, decided_on = new.decided_on::json,
    begun_at = new.decided_at::timestamptz,
    decided_at = CASE WHEN new.first_position < 0 THEN {signals.RECORDED_AT}
        ELSE new.decided_at::timestamptz END
FROM (SELECT unnest(%s) AS id, unnest(%s) AS status, unnest(%s) AS http_status,
    unnest(%s) AS answer, unnest(%s) AS first_position, unnest(%s) AS events,
    unnest(%s) AS decided_on, unnest(%s) AS decided_at) AS new
WHERE request.id = new.id"""

CAUSE = """
INSERT INTO commands_caused (request, event, reaction, correlation, depth)
SELECT unnest(%s), unnest(%s), unnest(%s), unnest(%s), unnest(%s)"""

COUNT_REPLAYS = """
UPDATE commands_request AS request SET replays = replays + again.times
FROM (SELECT id, count(*) AS times FROM unnest(%s) AS id GROUP BY id) AS again
WHERE request.id = again.id"""

ADMIT_DUE = """
UPDATE commands_request AS request SET place = due.place FROM (
    SELECT id, nextval('commands_request_place') AS place FROM (
        SELECT id FROM commands_request
        WHERE status = 'accepted' AND place IS NULL AND not_before <= clock_timestamp()
            AND lane = ANY(%s)
        ORDER BY not_before, id FOR UPDATE) AS oldest) AS due
WHERE request.id = due.id"""

A_COMMAND = 4_096
"""Characters that are reckoned as one command."""
LANES = 256
"""Who asks has one of so many lanes: what is in one is decided in its order."""

Key = tuple[UUID, str]
Statement = tuple[str, list[Any]]


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
            KeyUsedSince: a failed request is asked for again whose key has another outcome now.
        """
        if submission.key is None:
            return None
        key = submission.principal.user, submission.key
        if key not in self._free:
            raise InProgress
        if key not in self._known:
            return None
        fingerprint, outcome = self._known[key]
        if submission.retry_of is not None:
            raise KeyUsedSince(key=submission.key)
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


def send_keys(
    execute: Execute, submissions: Sequence[Submission], *, claim: bool
) -> tuple[Rows, Rows] | None:
    """Send the claim, if wanted, and the look-up of a batch's keys; None when it has none."""
    keyed = [pair for each in submissions for pair in each.keys]
    if not keyed:
        return None
    principals, keys = Uuids(user for user, _ in keyed), Texts(key for _, key in keyed)
    return execute(CLAIM, [claim, principals, keys]), execute(FIND, [principals, keys])


def statements(rows: Sequence[Row]) -> list[Statement]:
    """What stores these outcomes, and announces them."""
    if not rows:
        return []
    found: list[Statement] = []
    if at_once := [r for r in rows if not (r.outcome.is_accepted or r.submission.queued)]:
        found += [_insert(at_once), *_causes(at_once)]
    if accepted := accepted_of(rows):
        found += [_accept(accepted), wake_workers()]
    if queued := [row for row in rows if row.submission.queued]:
        found += [_decide(queued), *notifications.of_refusals(queued)]
    return [*found, *announce(row.submission.principal.user for row in rows)]


def accepted_of(rows: Sequence[Row]) -> list[Row]:
    """Those that are to be decided later."""
    return [row for row in rows if row.outcome.is_accepted]


def admit_due(rows: Sequence[Row]) -> Statement:
    """What gives those a place that are due in the lanes of these, who come after them."""
    return ADMIT_DUE, [BigInts({lane(row.submission.principal.user) for row in rows})]


def count_replays(of: Sequence[UUID]) -> Statement:
    """What counts that these requests were asked again with their keys."""
    return COUNT_REPLAYS, [Uuids(of)]


def _insert(rows: Sequence[Row]) -> Statement:
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


def _causes(rows: Sequence[Row]) -> list[Statement]:
    """What stores which events made the product itself ask for some of these."""
    caused = [(row.submission.id, row.submission.cause) for row in rows if row.submission.cause]
    if not caused:
        return []
    requests, causes = zip(*caused, strict=True)
    return [
        (
            CAUSE,
            [
                Uuids(requests),
                Uuids(each.event for each in causes),
                Texts(each.by for each in causes),
                Uuids(each.correlation for each in causes),
                BigInts(each.depth for each in causes),
            ],
        )
    ]


def _accept(rows: Sequence[Row]) -> Statement:
    asked = [row.submission for row in rows]
    payloads = [dumps({**each.arguments, **each.payload}) for each in asked]
    return ACCEPT, [
        Uuids(each.id for each in asked),
        Uuids(each.parent for each in asked),
        Uuids(each.retry_of for each in asked),
        Texts(each.name for each in asked),
        Texts(payloads),
        Bytes(each.fingerprint for each in asked),
        Texts(row.key for row in rows),
        Uuids(each.principal.user for each in asked),
        Texts(each.source for each in asked),
        Texts(each.road for each in asked),
        Texts(orjson.dumps(row.outcome.answer) for row in rows),
        Texts(each.received_at for each in asked),
        Texts(orjson.dumps(dict(each.expected)) for each in asked),
        Texts(each.principal.prefix for each in asked),
        Texts(each.not_before for each in asked),
        BigInts(_size(each, text) for each, text in zip(asked, payloads, strict=True)),
        BigInts(lane(each.principal.user) for each in asked),
    ]


def _decide(rows: Sequence[Row]) -> Statement:
    outcomes = [row.outcome for row in rows]
    return DECIDE, [
        Uuids(row.submission.id for row in rows),
        Texts(each.status for each in outcomes),
        BigInts(each.http_status for each in outcomes),
        Texts(orjson.dumps(each.answer) for each in outcomes),
        BigInts(each.first_position for each in outcomes),
        BigInts(each.events for each in outcomes),
        Texts(orjson.dumps(row.decided_on) for row in rows),
        Texts(each.decided_at for each in outcomes),
    ]


def _size(asked: Submission, payload: str) -> int:
    """How much work a request is: its commands, or what it takes to read as many."""
    commands = len(asked.command.items) if isinstance(asked.command, Group) else 1
    return max(commands, len(payload) // A_COMMAND + 1)


def lane(user: UUID) -> int:
    """The lane of somebody's requests."""
    return sha256(user.bytes).digest()[0] % LANES


def dumps(payload: Any) -> str:
    """What the client sent, as JSON; integers may be longer than any fast writer takes."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
