"""The trial balance and the tree of codes: over HTTP, as pages, and as a file."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.events.currencies import to_decimal_text
from eventstore.http import BadRequest, answer, integer, parameters
from eventstore.openapi import like
from eventstore.pages import Page, listed, page
from projections.ledger import asof, totals
from projections.ledger import report_serializers as serializers
from projections.ledger.history import Moment
from projections.ledger.models import Balance, Entry
from projections.ledger.totals import Asked

PAGE = 200
FILTERS = ("prefix", "depth", "as_of")
FIELDS = (*FILTERS, "at_position")
"""What a page has fields for."""
PARAMETERS = (
    openapi.query(
        "prefix", like(openapi.ANY_TEXT, "customers:"), "Only accounts whose codes begin so."
    ),
    openapi.query(
        "depth",
        {"type": "integer", "minimum": 1, "maximum": totals.MOST_PARTS, "examples": [1]},
        "How many parts of the codes count; by default all.",
    ),
    openapi.query("as_of", openapi.DATE, "As of the end of this business date."),
    *(each for each in asof.KNOWN if each["name"] != "at_position"),
    openapi.query(
        "at_position",
        {"type": "integer", "minimum": 0},  # An example would be a position that is not there.
        "As of this position; before a transfer of which it is the middle.",
    ),
)


def asked_of(request: HttpRequest | Request, given: Mapping[str, str], moment: Moment) -> Asked:
    """What a query asks for, of this moment.

    Raises:
        BadRequest: a parameter is not in its form.
    """
    depth = integer(given, "depth", 0, least=1, most=totals.MOST_PARTS)
    return Asked(
        viewer=request.principal,  # type: ignore[union-attr]
        position=moment.position,
        as_of=moment.day,
        prefix=given.get("prefix", ""),
        depth=depth or None,
    )


# --- over HTTP -------------------------------------------------------------------------------


class MayView(BasePermission):
    """Whoever may view the ledger, with a token that may read; one with a prefix sees its part."""

    message = "This needs the right to view, and a token that may read."

    def has_permission(self, request: Request, view: Any) -> bool:
        principal = request.principal  # type: ignore[attr-defined]
        return bool(principal.may("view") and principal.allows("read"))


class TrialBalance(APIView):
    """Debit and credit balances by account, or by the first parts of the codes.

    Accounts to which nothing was posted by then are left out. In whole books the debits of a
    currency equal the credits, at any date and position. Needs the right to view.
    """

    operation = listed(
        "get_trial_balance",
        "rows",
        serializers.ROW,
        *PARAMETERS,
        totals=openapi.listing(serializers.SUM),
    )

    permission_classes = (IsAuthenticated, MayView)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=FILTERS, pinned=asof.PINNED)
        with asof.then(asked, Balance, Entry, whole=totals.whole) as moment:
            of = asked_of(request, asked.query, moment)
            rows = totals.rows(of, **_bounds(asked, ()))
            sums = totals.sums(of)
        body = asked.answer(
            "rows",
            rows,
            of.position,
            show=lambda row: row,
            key=lambda row: row.key,
            pinned=of.position,
        )
        # A row to which nothing was posted still bounds its page.
        body["rows"] = [serializers.row(row) for row in body["rows"] if row.touched]
        body["totals"] = [serializers.total(each) for each in sums]
        return answer(request, body, of.position)


class Tree(APIView):
    """The parts of the codes of the accounts one may see, each with subtotals per currency.

    A node comes before those under it. Accounts to which nothing was posted by then are left out.
    """

    operation = listed("get_tree", "nodes", serializers.NODE, *PARAMETERS)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=FILTERS, pinned=asof.PINNED)
        with asof.then(asked, Balance, Entry, whole=totals.whole) as moment:
            of = asked_of(request, asked.query, moment)
            nodes = totals.nodes(of, **_bounds(asked, ""))
        body = asked.answer(
            "nodes",
            nodes,
            of.position,
            show=serializers.node,
            key=lambda node: node.code,
            pinned=of.position,
        )
        return answer(request, body, of.position)


def _bounds(asked: Page, start: Any) -> dict[str, Any]:
    return {
        "after": asked.after(start),
        "limit": asked.limit + 1,
        "descending": asked.descending,
    }


# --- pages -----------------------------------------------------------------------------------


@require_safe
@login_required
def trial_balance(request: HttpRequest) -> HttpResponse:
    """The trial balance, a page at a time, for those who may view the ledger."""
    _admit(request)
    context = _context(request)
    with ExitStack() as opened:
        if of := _understood(request, context, opened):
            rows = totals.rows(of, after=_key(context["after"]), limit=PAGE + 1)
            context["rows"] = [row for row in rows[:PAGE] if row.touched]
            context["sums"] = totals.sums(of)
            if len(rows) > PAGE:
                last = " ".join(map(str, rows[PAGE - 1].key))
                context["next"] = _query(context, at_position=of.position, after=last)
            context["download"] = _query(context, at_position=of.position)
    return render(request, "ledger/trial_balance.html", context)


@require_safe
@login_required
def trial_balance_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file, whole, amounts as decimals."""
    _admit(request)
    context = _context(request)
    with ExitStack() as opened:
        of = _understood(request, context, opened)
    if of is None:
        raise SuspiciousOperation(str(context["wrong"]))
    return StreamingHttpResponse(
        _csv(of),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="trial-balance.csv"'},
    )


@require_safe
@login_required
def tree(request: HttpRequest) -> HttpResponse:
    """The tree of codes of the accounts one may see, with subtotals."""
    context = _context(request)
    with ExitStack() as opened:
        if of := _understood(request, context, opened):
            nodes = totals.nodes(of, after=context["after"], limit=PAGE + 1)
            context["nodes"] = nodes[:PAGE]
            if len(nodes) > PAGE:
                last = nodes[PAGE - 1].code
                context["next"] = _query(context, at_position=of.position, after=last)
    return render(request, "ledger/tree.html", context)


def _admit(request: HttpRequest) -> None:
    if not request.principal.may("view"):  # type: ignore[attr-defined]
        raise PermissionDenied


def _context(request: HttpRequest) -> dict[str, Any]:
    """What stands in the fields of a page, and where it begins."""
    texts = {name: request.GET.get(name, "").strip() for name in (*FIELDS, "after")}
    first = {name: text for name, text in texts.items() if name != "after"}
    return {**texts, "first": _query(first), "wrong": {}}


def _understood(request: HttpRequest, context: dict[str, Any], opened: ExitStack) -> Asked | None:
    """What the fields ask for, in a snapshot of its moment that is `opened`.

    None when `context` says what is wrong with them.
    """
    given = {name: context[name] for name in FIELDS if context[name]}
    try:
        parameters(request, {*FIELDS, "after"})
        moment = opened.enter_context(asof.then(given, Balance, Entry, whole=totals.whole))
        of = asked_of(request, given, moment)
    except BadRequest as error:
        context["wrong"] = {name: _(sentence) for name, sentence in error.errors}
        return None
    context["position"] = of.position
    return of


def _query(context: Mapping[str, Any], **changed: object) -> str:
    """The query of a page with something changed; what is empty is left out."""
    named = {name: context.get(name, "") for name in FIELDS} | changed
    return urlencode({name: value for name, value in named.items() if value not in ("", None)})


def _key(text: str) -> list[str]:
    """After which row the page begins; text that is no key begins at the first."""
    parts = text.split(" ")
    is_key = len(parts) == 4 and re.fullmatch("[0-9]{1,2}", parts[2], re.ASCII)
    return parts if is_key else []


def _csv(of: Asked) -> Iterator[str]:
    yield "account,currency,normal_balance,accounts,debit,credit\r\n"
    for row in totals.all_rows(of):
        if row.touched:
            # No field has a character that would have to be quoted, or begins as a formula does.
            sides = (to_decimal_text(amount, row.exponent) for amount in (row.debit, row.credit))
            fields = (row.part, row.currency, row.normal_balance, str(row.accounts), *sides)
            yield ",".join(fields) + "\r\n"
