"""Webhooks over HTTP: endpoints are made and changed at once, they are no commands."""

from typing import Any, cast
from uuid import UUID

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.access.permissions import MayRead, MayWrite
from commands.access.principal import Principal
from commands.engine.errors import Malformed
from commands.engine.openapi import MALFORMED, TOO_LARGE
from commands.engine.shapes import StrictSerializer
from commands.webhooks import endpoints, queries, signing
from commands.webhooks.models import Endpoint
from commands.webhooks.permissions import Operates, ReachesEvents
from commands.webhooks.serializers import (
    ChangeWebhookShape,
    CreateWebhookShape,
    ReplayWebhookShape,
)
from eventstore.epoch import current
from eventstore.http import NotFound, answer, parameters
from eventstore.openapi import Operation
from eventstore.pages import listed, page
from eventstore.store import latest_position

OF_BODIES = (MALFORMED, TOO_LARGE, UnsupportedMediaType("text/plain"))
READS = (MayRead, Operates)
WRITES = (MayWrite, Operates, ReachesEvents)


class Webhooks(APIView):
    """Endpoints that events are sent to, and how far that has come."""

    operation = listed("list_webhooks", "webhooks", queries.ONE)
    permission_classes = READS

    def get(self, request: Request) -> Response:
        asked, head = page(request, epoch=current()), latest_position()
        found = queries.endpoints(
            after=asked.after(None), limit=asked.limit + 1, descending=asked.descending
        )
        body = asked.answer(
            "webhooks", found, head,
            show=lambda row: queries.shown(row, head), key=lambda row: str(row.id),
        )  # fmt: skip
        return answer(request, body, head)


class CreateWebhook(APIView):
    """Have events sent to an address from now on, in order and at least once. The secret that they
    are signed with (Standard Webhooks) is in this answer alone."""

    operation = Operation(
        id="create_webhook",
        shows=queries.WITH_SECRET,
        statuses=(201,),
        body=CreateWebhookShape.component(),
        examples={
            "All events": {"url": "https://example.com/hook"},
            "Some": {
                "url": "https://example.com/hook",
                "types": ["ledger.account_credited", "ledger.account_debited"],
                "prefix": "customers",
            },
        },
        errors=OF_BODIES,
    )
    permission_classes = WRITES

    def post(self, request: Request) -> Response:
        given = _body(request, CreateWebhookShape)
        made = endpoints.create(
            given["url"],
            types=given.get("types", []),
            prefix=given.get("prefix", ""),
            by=_principal(request).user,
        )
        return _once(request, made, status=201)


class OneWebhook(APIView):
    """An endpoint, and how far it has come."""

    operation = Operation(id="get_webhook", shows=queries.ONE)
    permission_classes = READS

    def get(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        return _told(request, queries.one(id))


class ChangeWebhook(APIView):
    """Change what is sent and where to, or switch an endpoint off and on. It is tried at once."""

    operation = Operation(
        id="change_webhook",
        shows=queries.ONE,
        body=ChangeWebhookShape.component(),
        examples={"Try again": {"active": True}, "All types": {"types": []}},
        errors=OF_BODIES,
    )
    permission_classes = WRITES

    def patch(self, request: Request, id: UUID) -> Response:
        given = _body(request, ChangeWebhookShape)
        return _told(request, endpoints.change(id, by=_principal(request).name, **given))


class DeleteWebhook(APIView):
    """Remove an endpoint and the log of its deliveries; the answer is what it was."""

    operation = Operation(id="delete_webhook", shows=queries.ONE)
    permission_classes = WRITES

    def delete(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        found = queries.one(id)
        endpoints.delete(id)
        return _told(request, found)


class Deliveries(APIView):
    """Attempts to send events to an endpoint: the last 1,000, of the last 30 days."""

    operation = listed("list_deliveries", "deliveries", queries.DELIVERY)
    permission_classes = READS

    def get(self, request: Request, id: UUID) -> Response:
        asked, head = page(request, epoch=current()), latest_position()
        if queries.one(id) is None:
            raise NotFound
        found = queries.deliveries(
            id, after=asked.after(None), limit=asked.limit + 1, descending=asked.descending
        )
        body = asked.answer("deliveries", found, head, show=queries.told, key=lambda row: row.id)
        return answer(request, body, head)


class ReplayWebhook(APIView):
    """Send everything after a position again. A later position leaves out what is up to it."""

    operation = Operation(
        id="replay_webhook",
        shows=queries.ONE,
        body=ReplayWebhookShape.component(),
        examples={"From the beginning": {"after": 0}},
        errors=OF_BODIES,
    )
    permission_classes = WRITES

    def post(self, request: Request, id: UUID) -> Response:
        after, head = _body(request, ReplayWebhookShape)["after"], latest_position()
        if after > head:
            raise Malformed([("/after", f"The log ends at position {head}.")])
        return _told(request, endpoints.replay(id, after))


class RotateWebhook(APIView):
    """Give an endpoint a new secret. For 24 hours the previous one signs beside it."""

    operation = Operation(id="rotate_webhook", shows=queries.WITH_SECRET)
    permission_classes = WRITES

    def post(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        return _once(request, endpoints.rotate(id))


def _body(request: Request, shape: type[StrictSerializer]) -> dict[str, Any]:
    parameters(request, set())
    return shape.load(cast(dict[str, Any], request.data))


def _told(request: Request, endpoint: Endpoint | None, **more: Any) -> Response:
    if endpoint is None:
        raise NotFound
    head = latest_position()
    return answer(request, {**queries.shown(endpoint, head), **more}, head)


def _once(request: Request, endpoint: Endpoint | None, status: int = 200) -> Response:
    """The answer that shows a secret, which nobody shall keep."""
    secret = signing.shown(bytes(endpoint.secret)) if endpoint else ""
    found = _told(request, endpoint, secret=secret)
    found.status_code, found.headers["Cache-Control"] = status, "no-store"
    return found


def _principal(request: Request) -> Principal:
    return cast(Principal, request.principal)  # type: ignore[attr-defined]
