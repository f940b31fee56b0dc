"""An account's statement over HTTP, as JSON in pages or as a whole in CSV."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from eventstore import openapi, pages
from eventstore.epoch import current
from eventstore.http import BadRequest, LogRestored, NotFound, Renderer, answer, day, parameters
from eventstore.openapi import Operation
from eventstore.pages import Page
from projections.ledger import asof, printing, queries, serializers, statements
from projections.ledger.history import Moment
from projections.ledger.models import Balance, Entry, Hold, Transfer
from projections.ledger.statements import Cut, Place

PERIOD = ("since", "until")
FORMATS = ("json", "csv")
PARAMETERS = (
    openapi.query("since", openapi.DATE, "Only what has this business date or a later one."),
    openapi.query("until", openapi.DATE, "Only what has this business date or an earlier one."),
    *asof.KNOWN,
    openapi.query(
        "format",
        {**openapi.one_of(*FORMATS), "default": "json"},
        "CSV is the whole statement, without pages; `Accept: text/csv` asks for it too.",
    ),
)
LINES = openapi.like(
    openapi.TEXT,
    f"{','.join(printing.COLUMNS)}\r\n",
    "A line for each entry, oldest first, with amounts in decimals of the currency.",
)


class Csv(BaseRenderer):
    """The media type of files; they are written as they are sent."""

    media_type = "text/csv"
    format = "csv"


class Statement(APIView):
    """An account's entries by business date, between an opening and a closing balance.

    All is as of its `position`: with that as `at_position`, it is the same to the byte for ever.
    """

    operation = Operation(
        id="get_statement",
        shows=serializers.STATEMENT,
        also={Csv.media_type: LINES},
        parameters=(*pages.PARAMETERS, *PARAMETERS),
        headers=("Link", "ETag", "Daybook-Format"),
        errors=(LogRestored(),),
    )
    renderer_classes = (Renderer, Csv)

    def get_format_suffix(self, **kwargs: Any) -> str | None:
        """The format of the query; one that is none is refused later, when it is known who asks."""
        asked = self.request.GET.get("format")
        return asked if asked in FORMATS else None

    def get(self, request: Request, code: str) -> HttpResponseBase:
        if request.GET.get("format", "json") not in FORMATS:
            raise BadRequest([("format", "This must be json or csv.")])
        if request.accepted_renderer.format == Csv.format:
            given = parameters(request, {*PERIOD, *asof.PINNED, "format"})
            with asof.then(given, Balance, Entry, Hold, Transfer) as moment:
                cut = _cut(request, code, given, moment)
            return printing.as_csv(cut)
        asked = pages.page(
            request, epoch=current(), filters=PERIOD, pinned=(*asof.PINNED, "format")
        )
        with asof.then(asked, Balance, Entry, Hold, Transfer) as moment:
            cut = _cut(request, code, asked.query, moment)
            between = statements.edges(cut)
            page = statements.statement(
                cut, after=_place(asked), limit=asked.limit + 1, descending=asked.descending
            )
        body = asked.answer(
            "entries",
            page.lines,
            moment.position,
            show=serializers.entry,
            key=lambda line: [line.effective_on.isoformat(), line.position],
            pinned=moment.position,
        )
        body = serializers.statement(cut, between, body)
        headers = {"Daybook-Format": str(statements.FORMAT)}
        return answer(request, body, moment.position, fixed=moment.fixed, **headers)


def _place(asked: Page) -> Place | None:
    """After which line the page begins."""
    key = asked.after(None)
    return (date.fromisoformat(key[0]), key[1]) if key else None


def _cut(request: Request, code: str, given: Mapping[str, str], moment: Moment) -> Cut:
    since, until = day(given, "since"), day(given, "until")
    if since and until and since > until:
        raise BadRequest([("until", "This is before since.")])
    found = queries.account(request.principal, code, moment)  # type: ignore[attr-defined]
    if found is None:
        raise NotFound
    return Cut(found, moment, since, until)
