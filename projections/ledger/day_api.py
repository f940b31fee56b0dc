"""An account's daily totals over HTTP, as far as the worker has come, or after waiting for it."""

from dataclasses import replace
from datetime import date

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import BadRequest, LogRestored, NotFound, ViewBehind, answer, day
from eventstore.lean import LeanView
from eventstore.pages import listed, page
from eventstore.threads import hop
from projections.engine.reading import snapshot
from projections.engine.waiting import MIN_POSITION, least, position_of, until_reached
from projections.ledger import days, queries
from projections.ledger import report_serializers as serializers
from projections.ledger.models import Balance, DailyTotal, Hold
from projections.ledger.projectors import daily_totals


class Days(LeanView):
    """What was posted to an account on each business date; days without entries are left out.

    The worker keeps it: it is as of its `position`, which may be a little behind the log.
    """

    operation = replace(
        listed(
            "list_days",
            "days",
            serializers.DAY,
            openapi.query("since", openapi.DATE, "Only this business date and later ones."),
            openapi.query("until", openapi.DATE, "Only this business date and earlier ones."),
            MIN_POSITION,
        ),
        errors=(LogRestored(), ViewBehind(811)),
    )

    async def aget(self) -> HttpResponseBase:
        if position := least(self.request.GET):
            await until_reached(daily_totals, position)
        return await hop(self.shown)

    def get(self, request: Request, code: str) -> Response:
        asked = page(request, epoch=current(), filters=("since", "until"), pinned=("min_position",))
        since, until = day(asked.query, "since"), day(asked.query, "until")
        if since and until and since > until:
            raise BadRequest([("until", "This is before since.")])
        seen = asked.after(None)
        wanted = least(asked.times)
        with snapshot(Balance, Hold, DailyTotal, least=wanted) as head:
            found = queries.account(request.principal, code)  # type: ignore[attr-defined]
            if found is None:
                raise NotFound
            position = position_of(daily_totals, wanted, head)
            rows = days.days(
                found,
                since=since,
                until=until,
                after=date.fromisoformat(seen) if seen else None,
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        body = asked.answer(
            "days",
            rows,
            position,
            show=serializers.day,
            key=lambda row: row.day.isoformat(),
        )
        return answer(request, body, position)
