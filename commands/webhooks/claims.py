"""Whose turn it is: endpoints are taken on for a while, and move only for who holds the claim."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from commands.access.people import principals
from commands.engine import notifications
from commands.engine.spoken import saying
from commands.webhooks.models import Endpoint
from commands.webhooks.retries import next_attempt
from commands.webhooks.sending import SECONDS, Answer
from eventstore.pipeline import pipeline
from eventstore.records import Recorded
from eventstore.store import latest_position

log = logging.getLogger(__name__)

TURN = 20.0
"""Seconds of a turn in which an attempt may begin."""
LEASE = TURN + SECONDS + 25.0
"""Seconds for which nobody else takes an endpoint on: no attempt of a turn can last as long."""
KIND = "webhook-switched-off"
SWITCHED_OFF = saying("A webhook was switched off. {why} Its id is {endpoint}.")
MAKER = "Who made it may not operate the ledger any more: make another one."

# Who had no turn for the longest time comes first.
CLAIM = """
UPDATE webhooks_endpoint
SET claim = %(claim)s, claimed_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id IN (
    SELECT id FROM webhooks_endpoint
    WHERE active AND position < %(head)s
        AND (next_at IS NULL OR next_at <= clock_timestamp())
        AND (claimed_until IS NULL OR claimed_until <= clock_timestamp())
    ORDER BY claimed_until NULLS FIRST, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id"""

# One statement, so that it is one transaction and one round trip.
SETTLE = """
WITH moved AS (
    UPDATE webhooks_endpoint
    SET position = %s, delivered = delivered + %s, failed = failed + %s, attempts = %s,
        failing_since = %s, next_at = %s, active = active AND %s = '', switched_off = %s
    WHERE id = %s AND claim = %s RETURNING id),
logged AS (
    INSERT INTO webhooks_delivery
        (endpoint, event, position, type, attempt, at, duration_ms, status, error)
    SELECT id, %s, %s, %s, %s, %s, %s, %s::smallint, %s FROM webhooks_endpoint WHERE id = %s)
SELECT count(*) FROM moved"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn of an endpoint: what it is sent, after which position, and signed with what."""

    id: UUID
    endpoint: UUID
    url: str
    types: Sequence[str]
    prefix: str
    secrets: Sequence[bytes] = field(repr=False)
    position: int
    attempts: int
    failing_since: datetime | None
    created_by: UUID
    since: float

    @property
    def is_over(self) -> bool:
        """Whether no attempt may begin any more."""
        return monotonic() - self.since > TURN

    def done_with(self, position: int) -> "Claim":
        """The same, when all is done up to a position."""
        return replace(self, position=position, attempts=0, failing_since=None)


def claim(most: int) -> list[Claim]:
    """Take on endpoints, at most so many, for which something stands in the log."""
    since, id_ = monotonic(), uuid4()
    asked: dict[str, Any] = {"claim": id_, "lease": LEASE, "head": latest_position(), "most": most}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, asked)
        taken = [endpoint for (endpoint,) in cursor.fetchall()]
    return [
        Claim(
            *(id_, each.id, each.url, each.types, each.prefix, each.secrets),
            *(each.position, each.attempts, each.failing_since, each.created_by, since),
        )
        for each in (_rightful(Endpoint.objects.filter(id__in=taken, claim=id_)) if taken else ())
    ]


def _rightful(taken: QuerySet[Endpoint]) -> list[Endpoint]:
    """Those whose makers may see what they are sent; the others are switched off."""
    makers = principals({each.created_by for each in taken})
    rightful = {id_ for id_, maker in makers.items() if maker.may("operate")}
    lost = [each.id for each in taken if each.created_by not in rightful]
    if lost:
        log.warning("webhooks are switched off, their makers operate no more: %s", lost)
        over = {"active": False, "switched_off": MAKER, "claim": None, "claimed_until": None}
        taken.filter(id__in=lost).update(**over)
    return [each for each in taken if each.created_by in rightful]


def move(claim: Claim, position: int) -> bool:
    """Say that nothing up to a position is for this endpoint; false when the claim is lost."""
    return bool(_held(claim).update(position=position))


def settle(claim: Claim, event: Recorded, answer: Answer, at: datetime) -> bool:
    """Note what came of an attempt, and what is next; whether the turn goes on."""
    taken = answer.is_success
    attempts = claim.attempts + 1
    since, next_at, why = (None, None, "") if taken else _failed(claim, answer)
    moved = [
        *(event.position if taken else claim.position, int(taken), int(not taken)),
        *(0 if taken else attempts, since, next_at, why, why, claim.endpoint, claim.id),
    ]
    logged = [
        *(event.id, event.position, event.type, attempts, at),
        *(round(answer.seconds * 1000), answer.status, answer.error, claim.endpoint),
    ]
    with transaction.atomic() if why else nullcontext():
        with pipeline() as execute:
            found = execute(SETTLE, [*moved, *logged])
        ((held,),) = found.fetchall()
        if held and why:
            _tell(claim, why)
    return bool(held) and taken


def release(claim: Claim) -> None:
    """End a turn, whatever came of it."""
    _held(claim).update(claim=None, claimed_until=Now())


def _failed(claim: Claim, answer: Answer) -> tuple[datetime, datetime | None, str]:
    """Since when an endpoint fails, when it is tried again, and why not if it is switched off."""
    now = timezone.now()
    since = claim.failing_since or now
    next_at = next_attempt(claim.attempts + 1, since, now)
    if answer.status == 410:
        return since, None, "It answered 410: it wants no more events."
    return since, next_at, "" if next_at else "It has failed for five days."


def _tell(claim: Claim, why: str) -> None:
    """Tell who made the endpoint that it is switched off."""
    text = SWITCHED_OFF.format(why=why, endpoint=claim.endpoint)
    with pipeline() as execute:
        for statement in notifications.of(claim.created_by, KIND, None, text):
            execute(*statement)


def _held(claim: Claim) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(id=claim.endpoint, claim=claim.id)
