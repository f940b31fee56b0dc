"""Statements as files: whole, oldest first, amounts in decimals of the currency."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from django.http import StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from eventstore.epoch import current
from eventstore.events.currencies import to_decimal_text
from eventstore.sheets import csv_line, harmless
from eventstore.store import timestamp
from projections.ledger.queries import Line
from projections.ledger.statements import FORMAT, Cut, Edges, whole_statement

COLUMNS = (
    *("effective_on", "recorded_at", "description", "reference", "debit", "credit", "balance"),
    *("currency", "transfer"),
)
CHUNK = 500
"""How many lines are written at a time."""


def as_csv(cut: Cut) -> StreamingHttpResponse:
    """The lines of a statement as a file, which is named after what it is of."""
    code = re.sub(r"[^a-z0-9_-]", "-", cut.of.account)
    name = f"statement-{code}-at-{cut.moment.position}.csv"
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return _streamed(_csv(cut), cut, "text/csv; charset=utf-8", **named)


def as_page(cut: Cut, between: Edges) -> StreamingHttpResponse:
    """A statement as a page to be printed, in the language of now, though it is sent later."""
    return _streamed(_page(cut, between, get_language()), cut, "text/html; charset=utf-8")


def _streamed(parts: Iterator[str], cut: Cut, media: str, **headers: str) -> StreamingHttpResponse:
    found = {
        "Daybook-Position": str(cut.moment.position),
        "Daybook-Epoch": str(current()),
        "Daybook-Format": str(FORMAT),
        "Cache-Control": "no-cache",
        **headers,
    }
    return StreamingHttpResponse(parts, content_type=media, headers=found)


def _csv(cut: Cut) -> Iterator[str]:
    yield csv_line(COLUMNS)
    for lines in _chunks(cut):
        yield "".join(csv_line(_cells(cut, line)) for line in lines)


def _cells(cut: Cut, line: Line) -> Iterable[object]:
    amount = to_decimal_text(line.amount, cut.of.exponent)
    return (
        line.effective_on,
        timestamp(line.recorded_at),
        harmless(line.description),
        harmless(line.reference),
        amount if line.direction == "debit" else "",
        amount if line.direction == "credit" else "",
        to_decimal_text(line.balance, cut.of.exponent),
        cut.of.currency,
        line.transfer,
    )


def _page(cut: Cut, between: Edges, language: str | None) -> Iterator[str]:
    context = {"cut": cut, "account": cut.of, "edges": between, "format": FORMAT}
    with override(language):
        head, foot = render_to_string("ledger/statement.html", context).split("<!-- lines -->")
    yield head
    for lines in _chunks(cut):
        with override(language):
            told = render_to_string("ledger/_statement_lines.html", context | {"lines": lines})
        yield told
    yield foot


def _chunks(cut: Cut) -> Iterator[list[Line]]:
    lines = whole_statement(cut)
    while chunk := list(islice(lines, CHUNK)):
        yield chunk
