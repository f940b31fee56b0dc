"""The worker's loop for webhooks: many endpoints at once, for each one event after the other.

An event counts as sent only when that is written down. Whoever is killed before leaves a claim that
ends, and the event is sent again.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Sequence

from django.conf import settings
from django.db import connections
from django.utils import timezone

from commands.webhooks import claims, signing
from commands.webhooks.addresses import Network
from commands.webhooks.claims import Claim
from commands.webhooks.sending import Answer, Line, line
from commands.webhooks.trimming import trim
from eventstore.epoch import current
from eventstore.failures import UNANSWERED
from eventstore.http import to_json
from eventstore.listening import listening
from eventstore.matching import read_matching
from eventstore.published import cloud_event
from eventstore.records import Recorded
from eventstore.threads import hop
from eventstore.working import PAUSE, Stop

MOST = 32
"""Endpoints that are sent to at once; one that is slow keeps no other waiting."""
CHUNK = 20
"""Events of an endpoint that are in memory at once."""
BREATH = 0.02
"""Seconds for which events gather before endpoints are taken on for them."""
GRACE = 5.0
"""Seconds for which attempts under way are waited for when the worker is told to stop."""
TRIMMING = 60.0
"""Seconds between two looks at what the log of attempts no longer keeps."""

log = logging.getLogger(__name__)


def run(stop: Stop) -> None:
    """Deliver webhooks until `stop` is set."""
    asyncio.run(deliver(stop))
    connections.close_all()


async def deliver(stop: Stop) -> None:
    """The same on this event loop."""
    trust, trimmed = ssl.create_default_context(), time.monotonic()
    at_work: set[asyncio.Task[None]] = set()
    async with listening("events") as bell:

        def over(task: asyncio.Task[None]) -> None:
            at_work.discard(task)
            bell.ring()

        while not stop.is_set():
            try:
                for each in await hop(claims.claim, MOST - len(at_work)):
                    turn = Turn(each, settings.DAYBOOK_WEBHOOK_ALLOW, trust, stop)
                    task = asyncio.create_task(turn.taken())
                    at_work.add(task)
                    task.add_done_callback(over)
                if time.monotonic() - trimmed > TRIMMING:
                    await hop(trim)
                    trimmed = time.monotonic()
            except UNANSWERED as error:
                log.warning("The database does not answer, trying again: %s", error)
            await bell.rung(PAUSE)
            await asyncio.sleep(BREATH)
    await _finished(at_work)


async def _finished(at_work: set[asyncio.Task[None]]) -> None:
    """Wait a little for the turns under way; what is then broken off will be sent again."""
    left = set(at_work)
    if left:
        _, left = await asyncio.wait(left, timeout=GRACE)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


class Turn:
    """A while in which an endpoint is sent what it has not got, in order, until an event fails."""

    def __init__(
        self, claim: Claim, allowed: Sequence[Network], trust: ssl.SSLContext, stop: Stop
    ) -> None:
        self._claim, self._allowed, self._trust, self._stop = claim, allowed, trust, stop

    async def taken(self) -> None:
        """Take the turn, and give the endpoint back; what goes wrong is no other's business.

        After what nobody foresaw it is not given back: it waits until the lease ends.
        """
        try:
            async with line(self._claim.url, allowed=self._allowed, trust=self._trust) as to:
                while await self._next(to):
                    pass
            await hop(claims.release, self._claim)
        except asyncio.CancelledError:
            await hop(claims.release, self._claim)
            raise
        except UNANSWERED as error:
            log.warning("The database does not answer; a webhook waits for its lease: %s", error)
        except Exception:
            log.exception("webhook %s failed", self._claim.endpoint)

    async def _next(self, to: Line) -> bool:
        """Send the next few events; whether the turn goes on after that."""
        events, epoch, upto = await hop(_read, self._claim)
        if upto == self._claim.position:
            return False
        for event in events:
            if self._is_over:
                return False
            at = timezone.now()
            answer = await self._sent(to, event, epoch)
            if not await hop(claims.settle, self._claim, event, answer, at):
                return False
            self._claim = self._claim.done_with(event.position)
        if upto > self._claim.position:
            if not await hop(claims.move, self._claim, upto):
                return False
            self._claim = self._claim.done_with(upto)
        return not self._is_over

    async def _sent(self, to: Line, event: Recorded, epoch: int) -> Answer:
        """What came of it; what nobody foresaw is a failure as any other, and tried again later."""
        try:
            body = to_json(cloud_event(event, epoch))
            return await to.post(body, self._signed(event, body))
        except Exception:
            log.exception("webhook %s failed", self._claim.endpoint)
            return Answer(None, "Daybook could not send it: the worker's log says why.", 0.0)

    @property
    def _is_over(self) -> bool:
        return self._claim.is_over or self._stop.is_set()

    def _signed(self, event: Recorded, body: bytes) -> dict[str, str]:
        """What a receiver knows by who sent this, and when."""
        id_, now = str(event.id), int(time.time())
        return {
            "webhook-id": id_,
            "webhook-timestamp": str(now),
            "webhook-signature": signing.signatures(self._claim.secrets, id_, now, body),
        }


def _read(claim: Claim) -> tuple[list[Recorded], int, int]:
    """The next events for an endpoint, their epoch, and up to where there are no others."""
    events, upto = read_matching(
        claim.position, types=claim.types, prefix=claim.prefix, limit=CHUNK
    )
    return events, current() if events else 0, upto
