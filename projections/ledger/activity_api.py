"""What happened, over HTTP, as far as the worker has come, or after waiting for it."""

from dataclasses import replace

from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from eventstore import openapi
from eventstore.epoch import current
from eventstore.http import BadRequest, LogRestored, ViewBehind, answer, choice, day
from eventstore.lean import LeanView
from eventstore.openapi import like
from eventstore.pages import Page, listed, page
from eventstore.threads import hop
from projections.engine.reading import snapshot
from projections.engine.waiting import MIN_POSITION, least, position_of, until_reached
from projections.ledger import activity
from projections.ledger import report_serializers as serializers
from projections.ledger.activity_projector import KINDS
from projections.ledger.activity_projector import activity as projection
from projections.ledger.models import Activity, Balance, Hold, Transfer

ORDER = "desc"


class Feed(LeanView):
    """What happened to the accounts one may see, newest first.

    The worker keeps it: it is as of its `position`, which may be a little behind the log.
    """

    operation = replace(
        listed(
            "list_activity",
            "activity",
            serializers.HAPPENING,
            openapi.query(
                "account", like(openapi.ANY_TEXT, "customers:alan"), "Only of this account."
            ),
            openapi.query(
                "prefix",
                like(openapi.ANY_TEXT, "customers:"),
                "Only of accounts whose codes begin so.",
            ),
            openapi.query("kind", openapi.one_of(*KINDS), "Only what is of this kind."),
            openapi.query("since", openapi.DATE, "Recorded on this day, in UTC, or later."),
            openapi.query("until", openapi.DATE, "Recorded on this day, in UTC, or earlier."),
            MIN_POSITION,
            order=ORDER,
        ),
        errors=(LogRestored(), ViewBehind(811)),
    )

    async def aget(self) -> HttpResponseBase:
        if position := least(self.request.GET):
            await until_reached(projection, position)
        return await hop(self.shown)

    def get(self, request: Request) -> Response:
        asked = page(
            request,
            epoch=current(),
            filters=("account", "prefix", "kind", "since", "until"),
            pinned=("min_position",),
            order=ORDER,
        )
        wanted = _wanted(asked)
        awaited = least(asked.times)
        with snapshot(Activity, Balance, Hold, Transfer, least=awaited) as head:
            position = min(position_of(projection, awaited, head), head)
            rows = activity.feed(
                request.principal,  # type: ignore[attr-defined]
                wanted,
                upto=position,
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        body = asked.answer(
            "activity",
            rows,
            position,
            show=serializers.happening,
            key=lambda row: row.of.position,
        )
        return answer(request, body, position)


def _wanted(asked: Page) -> activity.Wanted:
    """What the query asks for.

    Raises:
        BadRequest: there is no such kind, or no such time.
    """
    since, until = day(asked.query, "since"), day(asked.query, "until")
    kind = choice(asked.query, "kind", KINDS)
    if since and until and since > until:
        raise BadRequest([("until", "This is before since.")])
    return activity.Wanted(
        account=asked.query.get("account", ""),
        prefix=asked.query.get("prefix", ""),
        kind=kind or "",
        since=since,
        until=until,
    )
