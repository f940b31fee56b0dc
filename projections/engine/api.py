"""How far all read tables are: GET /projections."""

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.api import MayFollow
from eventstore.http import answer, parameters
from eventstore.listeners.api import STATUS, shown
from eventstore.openapi import Operation, like
from eventstore.reading import latest_position
from projections.engine.status import statuses

PROJECTIONS = openapi.shape(
    "Projections",
    "All read tables, in the order of their names.",
    projections=openapi.listing(
        openapi.shape(
            "Projection",
            "How far a read table is.",
            name=like(openapi.TEXT, "balances"),
            kind={
                **openapi.one_of("immediate", "eventual"),
                "description": "Written with the events, or by the worker a moment later.",
            },
            **STATUS,
        )
    ),
)


class Projections(APIView):
    """All read tables, with how far they are behind the log and what keeps them back."""

    operation = Operation(id="list_projections", shows=PROJECTIONS)
    permission_classes = (IsAuthenticated, MayFollow)

    def get(self, request: Request) -> Response:
        parameters(request, set())
        head = latest_position()
        return answer(request, {"projections": [shown(each) for each in statuses()]}, head)
