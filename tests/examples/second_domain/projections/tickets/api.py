"""Reads over HTTP."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore.http import NotFound, answer, parameters
from eventstore.openapi import Operation
from projections.engine.reading import snapshot
from projections.tickets import queries, serializers
from projections.tickets.models import Tally, Ticket


class OneTicket(APIView):
    """One of the caller's own tickets."""

    operation = Operation(id="get_ticket", shows=serializers.TICKET)

    def get(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        with snapshot(Ticket) as position:
            found = queries.ticket(request.principal.user, id)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        return answer(request, serializers.ticket(found, position), position)


class TheTally(APIView):
    """How many tickets there are; it follows a little later."""

    operation = Operation(id="get_tally", shows=serializers.TALLY)

    def get(self, request: Request) -> Response:
        parameters(request, set())
        with snapshot(Tally) as position:
            found = queries.tally()
        return answer(request, serializers.tally(found, position), position)
