"""Reading standing instructions over HTTP: who may see an account may."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import BadRequest, NotFound, answer, parameters
from eventstore.openapi import Operation, like, one_of
from eventstore.pages import listed, page
from projections.engine.reading import snapshot
from projections.ledger import instruction_serializers as serializers
from projections.ledger import instructions
from projections.ledger.instruction_models import Setting, StandingOrder
from projections.ledger.models import Balance


class Alert(APIView):
    """When an account's owner is told that little is available."""

    operation = Operation(id="get_alert", shows=serializers.ALERT)

    def get(self, request: Request, code: str) -> Response:
        found, position = _setting(request, code)
        return answer(request, serializers.alert(found, position), position)


class Sweep(APIView):
    """Which balance of an account goes where."""

    operation = Operation(id="get_sweep", shows=serializers.SWEEP)

    def get(self, request: Request, code: str) -> Response:
        found, position = _setting(request, code)
        return answer(request, serializers.sweep(found, position), position)


class StandingOrders(APIView):
    """Standing orders of the accounts one may see, in the order in which they were placed."""

    operation = listed(
        "list_standing_orders",
        "standing_orders",
        serializers.STANDING_ORDER,
        openapi.query(
            "account",
            like(openapi.ANY_TEXT, "customers:alan"),
            "Only those that take from this account.",
        ),
        openapi.query("status", one_of(*instructions.STATUSES), "Only those that are this."),
    )

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=["account", "status"])
        status = asked.query.get("status", "")
        if status and status not in instructions.STATUSES:
            said = f"This must be one of: {', '.join(instructions.STATUSES)}."
            raise BadRequest([("status", said)])
        with snapshot(Balance, StandingOrder) as position:
            rows = instructions.orders(
                request.principal,  # type: ignore[attr-defined]
                account=asked.query.get("account", ""),
                status=status,
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        body = asked.answer(
            "standing_orders",
            rows,
            position,
            show=serializers.standing_order,
            key=lambda row: row.placed,
        )
        return answer(request, body, position)


class OneStandingOrder(APIView):
    """One standing order."""

    operation = Operation(id="get_standing_order", shows=serializers.STANDING_ORDER)

    def get(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        with snapshot(Balance, StandingOrder) as position:
            found = instructions.order(request.principal, id)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        return answer(request, serializers.standing_order(found), position)


def _setting(request: Request, code: str) -> tuple[Setting, int]:
    parameters(request, set())
    with snapshot(Balance, Setting) as position:
        found = instructions.setting(request.principal, code)  # type: ignore[attr-defined]
    if found is None:
        raise NotFound
    return found, position
