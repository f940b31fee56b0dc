"""Pages that show; they change nothing."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventstore.events.currencies import to_decimal_text
from eventstore.store import timestamp
from projections.engine.reading import snapshot
from projections.ledger import queries, statements
from projections.ledger.models import Balance, Entry, Hold, Transfer
from projections.ledger.statements import Place

PAGE = 50
HOLDS = 10
"""So many open holds stand on an account's page."""
COLUMNS = ("effective_on", "recorded_at", "description", "reference", "debit", "credit", "balance")


def _viewer(request: HttpRequest) -> queries.Viewer:
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    return viewer


# --- accounts --------------------------------------------------------------------------------


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One's own accounts; all for staff who have none."""
    viewer = _viewer(request)
    with snapshot(Balance, Hold) as position:
        own = queries.accounts(viewer, limit=PAGE + 1, own=True)
    if not own and viewer.may("view"):
        return _accounts(request)
    context = {
        "accounts": own[:PAGE],
        "more": len(own) > PAGE,
        "staff": viewer.may("view"),
        "position": position,
    }
    return render(request, "ledger/home.html", context)


@require_safe
@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts one may see, by code, those whose code begins so."""
    return _accounts(request)


def _accounts(request: HttpRequest) -> HttpResponse:
    after, prefix = _text(request, "after"), _text(request, "prefix")
    with snapshot(Balance, Hold) as position:
        found = queries.accounts(_viewer(request), prefix=prefix, after=after, limit=PAGE + 1)
    context = {
        "accounts": found[:PAGE],
        "after": after,
        "prefix": prefix,
        "next": _query(request, after=found[PAGE - 1].account) if len(found) > PAGE else "",
        "first": _query(request, after=""),
        "position": position,
    }
    return render(request, "ledger/accounts.html", context)


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """A few accounts that begin with what somebody types, in a field of whatever name."""
    text = _text(request, next(iter(request.GET), ""))
    found = queries.accounts(_viewer(request), prefix=text, limit=PAGE)
    return render(request, "ledger/_options.html", {"accounts": found})


# --- statements ------------------------------------------------------------------------------


@require_safe
@login_required
def account(request: HttpRequest, code: str) -> HttpResponse:
    """One account with its statement: by business date, newest first unless asked otherwise."""
    since, until, wrong = _period(request)
    after, descending = _place(request), request.GET.get("order") != "asc"
    with snapshot(Balance, Entry, Hold, Transfer) as position:
        found = _found(request, code)
        page = statements.statement(
            found, since=since, until=until, after=after, limit=PAGE, descending=descending
        )
        holds = queries.open_holds(found, limit=HOLDS + 1)
    following = ""
    if page.more:
        last = page.lines[-1]
        following = _query(request, after=f"{last.effective_on}_{last.position}")
    context = {
        "account": found,
        "statement": page,
        "holds": holds[:HOLDS],
        "more_holds": len(holds) > HOLDS,
        "descending": descending,
        "since": _text(request, "since"),
        "until": _text(request, "until"),
        "wrong": wrong,
        "after": after,
        "next": following,
        "first": _query(request, after=""),
        "download": _query(request, after="", order=""),
        "position": position,
    }
    return render(request, "ledger/account.html", context)


@require_safe
@login_required
def statement_csv(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The lines of a statement as a file, oldest first, amounts as decimals."""
    since, until, wrong = _period(request)
    if wrong:
        raise SuspiciousOperation("a date is not in its form")
    with snapshot(Balance, Hold) as position:
        found = _found(request, code)
    lines = statements.whole_statement(found, since=since, until=until, position=position)
    name = re.sub(r"[^a-z0-9_-]", "-", code)
    return StreamingHttpResponse(
        _csv(found, lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="statement-{name}.csv"'},
    )


def _csv(of: Balance, lines: Iterator[queries.Line]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow((*COLUMNS, "currency", "transfer"))
    for number, line in enumerate(lines, start=1):
        amount = to_decimal_text(line.amount, of.exponent)
        writer.writerow(
            (
                line.effective_on,
                timestamp(line.recorded_at),
                _harmless(line.description),
                _harmless(line.reference),
                amount if line.direction == "debit" else "",
                amount if line.direction == "credit" else "",
                to_decimal_text(line.balance, of.exponent),
                of.currency,
                line.transfer,
            )
        )
        if number % PAGE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


# --- transfers -------------------------------------------------------------------------------


@require_safe
@login_required
def transfer(request: HttpRequest, id: UUID) -> HttpResponse:
    """One transfer with its legs."""
    viewer = _viewer(request)
    with snapshot(Balance, Entry, Hold, Transfer) as position:
        found = queries.transfer(viewer, id)
        if found is None:
            raise Http404
        parties = queries.parties(viewer, found)
    legs = [
        {**leg, "party": parties[leg["account"]][0], "seen": parties[leg["account"]][1]}
        for leg in found.legs
    ]
    context = {
        "transfer": found,
        "legs": legs,
        "request_id": queries.request_of(viewer, found),
        "position": position,
    }
    return render(request, "ledger/transfer.html", context)


# --- what was asked --------------------------------------------------------------------------


def _found(request: HttpRequest, code: str) -> Balance:
    found = queries.account(_viewer(request), code)
    if found is None:
        raise Http404
    return found


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()


def _query(request: HttpRequest, **changed: str) -> str:
    """The query of this page with something changed; what is empty is left out."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return query.urlencode()


def _period(request: HttpRequest) -> tuple[date | None, date | None, dict[str, str]]:
    """The business dates that are asked for, and what is wrong with them."""
    found: dict[str, date | None] = {}
    wrong: dict[str, str] = {}
    for name in ("since", "until"):
        text = _text(request, name)
        found[name] = _date(text)
        if text and found[name] is None:
            wrong[name] = "This must be a date like 2026-01-31."
    return found["since"], found["until"], wrong


def _date(text: str) -> date | None:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    return None


def _place(request: HttpRequest) -> Place | None:
    """After which line the page begins."""
    day, _, position = _text(request, "after").partition("_")
    on = _date(day)
    if on and position.isascii() and position.isdigit() and len(position) < 19:
        return on, int(position)
    return None
