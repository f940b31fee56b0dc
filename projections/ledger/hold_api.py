"""Reading holds over HTTP: payer and payee may."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import NotFound, answer, flag, parameters
from eventstore.openapi import Operation
from eventstore.pages import listed, page
from projections.ledger import asof, holding, serializers
from projections.ledger.models import Balance, Hold


class Holds(APIView):
    """Holds on an account, oldest first. Who owns none but a payee sees those for it."""

    operation = listed(
        "list_holds",
        "holds",
        serializers.HOLD,
        openapi.query(
            "incoming",
            {"type": "boolean"},
            "Those for this account as their payee, instead of those on it.",
        ),
        *asof.KNOWN,
        etag=True,
    )

    def get(self, request: Request, code: str) -> Response:
        asked = page(request, epoch=current(), filters=["incoming"], pinned=asof.PINNED)
        with asof.then(asked, Balance, Hold) as moment:
            found = holding.holds(
                request.principal,  # type: ignore[attr-defined]
                code,
                incoming=flag(asked.query, "incoming"),
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
                moment=moment,
            )
        if found is None:
            raise NotFound
        body = asked.answer(
            "holds",
            found,
            moment.position,
            show=serializers.hold,
            key=lambda row: row.placed,
            pinned=moment.pinned,
        )
        return answer(request, body, moment.position, fixed=moment.fixed)


class OneHold(APIView):
    """One hold; payer and payee may see it."""

    operation = Operation(
        id="get_hold", shows=serializers.HOLD, parameters=asof.KNOWN, headers=("ETag",)
    )

    def get(self, request: Request, code: str, id: UUID) -> Response:
        with asof.then(parameters(request, set(asof.PINNED)), Balance, Hold) as moment:
            found = holding.hold(request.principal, code, id, moment)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        return answer(request, serializers.hold(found), moment.position, fixed=moment.fixed)
