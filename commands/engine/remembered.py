"""What is kept of requests over HTTP: one's own, their outcomes, and what one was told of them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.access.permissions import MayRead, MayWrite, WholeLedger
from commands.access.principal import Principal
from commands.engine import endings, models, notifications, outcome_stream, queries
from commands.engine.awaiting import arow_of, row_of, see
from commands.engine.errors import AlreadyBegun
from commands.engine.preferences import MAX_WAIT
from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import (
    BadRequest,
    NotFound,
    Renderer,
    answer,
    choice,
    flag,
    integer,
    parameters,
)
from eventstore.lean import LeanView, gone_of
from eventstore.openapi import Operation
from eventstore.pages import Page, listed, page
from eventstore.store import latest_position
from eventstore.streaming import MEDIA_TYPE, EventStream, streaming
from eventstore.threads import hop

UNSEEN = openapi.query(
    "unseen",
    {"type": "boolean", "default": False},
    "Only what was not looked at yet of that which went wrong while nobody waited.",
)
STATUS = openapi.query("status", openapi.one_of(*models.STATUSES), "Only those of this status.")
MESSAGES = openapi.like(
    openapi.TEXT,
    'id: 1796000000000000\nevent: request.succeeded\ndata: {"id": "019a0d36-…", …}\n\n',
    "Messages, each with one request as `GET /requests/{id}` shows it for its data.",
)
WAIT = openapi.query(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": MAX_WAIT, "default": 0},
    "Seconds to wait for its outcome, if it has none yet.",
)


class Requests(APIView):
    """One's own requests, with what came of them."""

    operation = listed("list_requests", "requests", queries.REQUEST, UNSEEN, STATUS)
    permission_classes = (MayRead, WholeLedger)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=["unseen", "status"])
        status = choice(asked.query, "status", models.STATUSES)
        find = partial(queries.own, status=status)
        return _list(request, asked, "requests", find, show=queries.shown)


class OneRequest(LeanView):
    """A request of one's own; whoever may view the ledger sees those of others too.

    A token that is bound to the accounts under a prefix sees what was queued with such a one.
    """

    operation = Operation(id="get_request", shows=queries.REQUEST, parameters=(WAIT,))
    permission_classes = (MayRead,)

    def get(self, request: Request, id: UUID) -> Response:
        found, seconds = self._asked(request, id)
        if seconds and found.status == "accepted":
            found = row_of(id, seconds) or found
        return self._told(found, waited=seconds > 0)

    async def aget(self) -> HttpResponseBase:
        found, seconds = await hop(self._asked, self.request, **self.kwargs)
        if seconds and found.status == "accepted":
            gone = gone_of(self.request._request)
            found = await arow_of(found.id, found.principal, seconds, gone) or found
        return await hop(self._rendered, found, waited=seconds > 0)

    def _asked(self, request: Request, id: UUID) -> tuple[models.Request, int]:
        given = parameters(request, {"wait"})
        seconds = integer(given, "wait", 0, least=0, most=MAX_WAIT)
        return _visible(id, _principal(request), "view"), seconds

    def _told(self, found: models.Request, *, waited: bool) -> Response:
        if waited and found.status != "accepted":
            see(found, _principal(self.request).user)
        return answer(self.request, queries.shown(found), latest_position())

    def _rendered(self, found: models.Request, *, waited: bool) -> HttpResponseBase:
        return self.rendered(self._told(found, waited=waited))


class OutcomeStream(LeanView):
    """What comes of one's own requests, as Server-Sent Events from now on.

    Who comes back with the last id misses nothing of a day, and may be told some once more.
    """

    operation = Operation(
        id="stream_requests",
        shows=MESSAGES,
        media=MEDIA_TYPE,
        parameters=(
            openapi.header(
                "Last-Event-ID",
                openapi.like({"type": "string", "pattern": "^[0-9]+$"}, "1796000000000000"),
                "The id of the last message seen.",
            ),
        ),
    )
    permission_classes = (MayRead, WholeLedger)
    renderer_classes = (EventStream, Renderer)

    def get(self, request: Request) -> HttpResponseBase:
        """What there is now: who reads it to its end comes back by themselves."""
        return streaming(outcome_stream.told(_since(request), _principal(request).user))

    async def aget(self) -> HttpResponseBase:
        user = _principal(self.request).user
        return streaming(outcome_stream.tell(_since(self.request), user, self.still_may))


class CancelRequest(APIView):
    """Cancel a request that waits to be decided: it is refused then, and nothing is done.

    Whoever operates may cancel those of others too.
    """

    operation = Operation(
        id="cancel_request", shows=queries.REQUEST, errors=(AlreadyBegun(was="succeeded"),)
    )
    permission_classes = (MayWrite,)

    def delete(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        found = _visible(id, _principal(request), "operate")
        endings.cancel(found, by=_principal(request).user)
        found.refresh_from_db()
        return answer(request, queries.shown(found), latest_position())


class Notifications(APIView):
    """What one was told of that went wrong while one did not wait for it."""

    operation = listed("list_notifications", "notifications", queries.NOTIFICATION, UNSEEN)
    permission_classes = (MayRead, WholeLedger)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=["unseen"])
        return _list(request, asked, "notifications", queries.notifications, show=queries.told)


class SeeNotification(APIView):
    """Say that a notification was seen: it is shown no more, and not sent by e-mail."""

    operation = Operation(id="see_notification", shows=queries.NOTIFICATION)
    permission_classes = (MayWrite, WholeLedger)

    def post(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        user = _principal(request).user
        notifications.see(user, id=id)
        seen = queries.notification(id, user)
        if seen is None:
            raise NotFound
        return answer(request, queries.told(seen), latest_position())


def _list(
    request: Request,
    asked: Page,
    name: str,
    find: Callable[..., list[Any]],
    *,
    show: Callable[[Any], dict[str, Any]],
) -> Response:
    """A page of what is somebody's own, perhaps of that alone which is unseen."""
    found = find(
        _principal(request).user,
        after=asked.after(None),
        limit=asked.limit + 1,
        descending=asked.descending,
        unseen=flag(asked.query, "unseen"),
    )
    position = latest_position()
    body = asked.answer(name, found, position, show=show, key=lambda row: str(row.id))
    return answer(request, body, position)


def _since(request: Request) -> datetime | None:
    """When the last message that was seen was told."""
    parameters(request, set())
    seen = request.META.get("HTTP_LAST_EVENT_ID", "").strip()
    if not seen:
        return None
    if not re.fullmatch("[0-9]{1,17}", seen, re.ASCII):
        said = "This must be an id as the stream gave it, such as 1796000000000000."
        raise BadRequest([("Last-Event-ID", said)])
    return min(datetime.fromtimestamp(int(seen) / 1_000_000, UTC), datetime.now(UTC))


def _visible(id_: UUID, principal: Principal, right: str) -> models.Request:
    """A request of one's own, or anybody's for who has this right.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    found = queries.one(id_, user=principal.user, every=principal.may(right))
    if found is None or (principal.prefix and not _is_bound(found, principal)):
        raise NotFound
    return found


def _is_bound(of: models.Request, principal: Principal) -> bool:
    """Whether a request was asked with a token as limited as this one, or more."""
    mine = of.principal == principal.user
    return mine and of.prefix is not None and of.prefix.startswith(principal.prefix)


def _principal(request: Request) -> Principal:
    return cast(Principal, request.principal)  # type: ignore[attr-defined]
