"""Where everybody is who follows the log: GET /subscriptions."""

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.api import MayFollow
from eventstore.http import answer, parameters
from eventstore.listeners.status import STATES, Status, subscriptions
from eventstore.openapi import Operation, like
from eventstore.reading import latest_position

STATUS = {
    "state": openapi.one_of(*STATES),
    "position": openapi.POSITION,
    "lag_events": {
        "type": "integer",
        "minimum": 0,
        "description": "How many events of the log it has still before it.",
        "examples": [0],
    },
    "lag_seconds": {
        "type": "number",
        "minimum": 0,
        "description": "How long ago the first of these was recorded.",
        "examples": [0.0],
    },
    "error": {
        "type": "string",
        "description": "Of one that stopped: what it could not handle, and why.",
        "examples": [""],
    },
}
"""How far somebody has come, as the API tells it."""
SUBSCRIPTIONS = openapi.shape(
    "Subscriptions",
    "Everybody who follows the log: read tables that the worker keeps, reactions, and others.",
    subscriptions=openapi.listing(
        openapi.shape(
            "Subscription",
            "How far somebody has come who follows the log.",
            name=like(openapi.TEXT, "low_balance"),
            kind=like(openapi.TEXT, "reaction"),
            **STATUS,
        )
    ),
)


class Subscriptions(APIView):
    """Everybody who follows the log, with how far they have come and what keeps them back."""

    operation = Operation(id="list_subscriptions", shows=SUBSCRIPTIONS)
    permission_classes = (IsAuthenticated, MayFollow)

    def get(self, request: Request) -> Response:
        parameters(request, set())
        head = latest_position()
        return answer(request, {"subscriptions": [shown(each) for each in subscriptions()]}, head)


def shown(of: Status) -> dict[str, object]:
    """A follower as the API and the page of them have it."""
    return {
        "name": of.name,
        "kind": of.kind,
        "state": of.state,
        "position": of.position,
        "lag_events": of.lag_events,
        "lag_seconds": round(of.lag_seconds, 3),
        "error": of.trouble[:1].upper() + of.trouble[1:],
    }
