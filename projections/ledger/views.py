"""Pages that show; they change nothing."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventstore.http import BadRequest
from projections.engine.reading import snapshot
from projections.engine.waiting import position_of
from projections.ledger import activity, asof, days, holding, printing, queries, statements
from projections.ledger.activity_projector import activity as told
from projections.ledger.charts import Charts, charts
from projections.ledger.history import Moment
from projections.ledger.models import Activity, Balance, DailyTotal, Entry, Hold, Transfer
from projections.ledger.projectors import daily_totals
from projections.ledger.statements import Cut, Place, Statement
from projections.ledger.wanted import Wanted, a_day, same_but, text, wanted

PAGE = 50
HOLDS = 10
"""So many open holds stand on an account's page."""
LATEST = 10
"""So much of what happened last stands on the first page."""


def _viewer(request: HttpRequest) -> queries.Viewer:
    viewer: queries.Viewer = request.principal  # type: ignore[attr-defined]
    return viewer


# --- accounts --------------------------------------------------------------------------------


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """One's own accounts; all for staff who have none."""
    viewer = _viewer(request)
    with snapshot(Activity, Balance, Hold, Transfer) as position:
        own = queries.accounts(viewer, limit=PAGE + 1, own=True)
        reached = min(position_of(told, 0, position), position)
        mine = activity.Wanted(own=True)
        latest = activity.feed(viewer, mine, upto=reached, limit=LATEST) if own else []
    if not own and viewer.may("view"):
        return _accounts(request)
    context = {
        "accounts": own[:PAGE],
        "more": len(own) > PAGE,
        "staff": viewer.may("view"),
        "activity": latest,
        "reached": reached,
        "position": position,
    }
    return render(request, "ledger/home.html", context)


@require_safe
@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts one may see, by code, those whose code begins so."""
    return _accounts(request)


def _accounts(request: HttpRequest) -> HttpResponse:
    after, prefix = text(request, "after"), text(request, "prefix")
    with snapshot(Balance, Hold) as position:
        found = queries.accounts(_viewer(request), prefix=prefix, after=after, limit=PAGE + 1)
    context = {
        "accounts": found[:PAGE],
        "after": after,
        "prefix": prefix,
        "next": same_but(request, after=found[PAGE - 1].account) if len(found) > PAGE else "",
        "first": same_but(request, after=""),
        "position": position,
    }
    return render(request, "ledger/accounts.html", context)


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """A few accounts that begin with what somebody types, in a field of whatever name."""
    prefix = text(request, next(iter(request.GET), ""))
    found = queries.accounts(_viewer(request), prefix=prefix, limit=PAGE)
    return render(request, "ledger/_options.html", {"accounts": found})


# --- statements ------------------------------------------------------------------------------


@require_safe
@login_required
def account(request: HttpRequest, code: str) -> HttpResponse:
    """One account with its statement: by business date, newest first unless asked otherwise.

    Both are as of now, or of another time.
    """
    asked = wanted(request)
    try:
        cut, page, holds, drawn = _as_asked(request, code, asked)
    except BadRequest as error:
        asked = asked.but(error.errors)
        cut, page, holds, drawn = _as_asked(request, code, asked)
    following = ""
    if page.more:
        last = page.lines[-1]
        following = same_but(request, after=f"{last.effective_on}_{last.position}")
    context = {
        "account": cut.of,
        "moment": cut.moment,
        "asked": asked,
        "statement": page,
        "holds": holds[:HOLDS],
        "more_holds": len(holds) > HOLDS,
        "charts": drawn,
        "descending": _descending(request),
        "since": text(request, "since"),
        "until": text(request, "until"),
        "after": _place(request),
        "next": following,
        "first": same_but(request, after=""),
        "now": same_but(request, after="", as_of="", known_at="", at_position=""),
        "download": same_but(request, after="", order=""),
        "position": cut.moment.position,
    }
    return render(request, "ledger/account.html", context)


def _as_asked(
    request: HttpRequest, code: str, asked: Wanted
) -> tuple[Cut, Statement, list[Hold], Charts | None]:
    """An account as of the time that is asked for, a page of its statement, its holds and charts.

    Holds are the open ones of now, and so are charts: as of another time there are none.
    """
    after, descending = _place(request), _descending(request)
    with asof.then(asked.times, Balance, DailyTotal, Entry, Hold, Transfer) as moment:
        cut = asked.of(_found(request, code, moment), moment)
        page = statements.statement(cut, after=after, limit=PAGE, descending=descending)
        if moment.fixed or moment.day:
            return cut, page, [], None
        holds = holding.open_holds(cut.of, limit=HOLDS + 1)
        reached = position_of(daily_totals, 0, moment.position)
        return cut, page, holds, charts(cut.of, days.months(cut.of), reached)


def _descending(request: HttpRequest) -> bool:
    return request.GET.get("order") != "asc"


@require_safe
@login_required
def statement(request: HttpRequest, code: str) -> HttpResponseBase:
    """A statement to be printed: whole, between its opening and its closing balance."""
    cut = _cut(request, code)
    with snapshot(Entry):
        between = statements.edges(cut)
    return printing.as_page(cut, between)


@require_safe
@login_required
def statement_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """The lines of a statement as a file, oldest first, amounts as decimals."""
    return printing.as_csv(_cut(request, code))


def _cut(request: HttpRequest, code: str) -> Cut:
    asked = wanted(request)
    try:
        with asof.then(asked.times, Balance, Entry, Hold, Transfer) as moment:
            cut = asked.of(_found(request, code, moment), moment)
    except BadRequest as error:
        raise SuspiciousOperation(str(error)) from None
    if asked.wrong:
        raise SuspiciousOperation("; ".join(asked.wrong.values()))
    return cut


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


def _found(request: HttpRequest, code: str, moment: Moment) -> Balance:
    found = queries.account(_viewer(request), code, moment)
    if found is None:
        raise Http404
    return found


def _place(request: HttpRequest) -> Place | None:
    """After which line the page begins."""
    day, _, position = text(request, "after").partition("_")
    on = a_day(day)
    if on and position.isascii() and position.isdigit() and len(position) < 19:
        return on, int(position)
    return None
