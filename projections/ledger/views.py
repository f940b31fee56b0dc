"""Pages that show; they change nothing."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from eventstore.events.ledger import account_stream
from eventstore.http import BadRequest
from eventstore.store import latest_position, read_stream, versions_at
from projections.engine.reading import snapshot
from projections.engine.waiting import position_of
from projections.ledger import activity, asof, days, holding, printing, queries, statements
from projections.ledger.activity_projector import activity as told
from projections.ledger.charts import Charts, charts, sparks
from projections.ledger.history import Moment
from projections.ledger.instruction_models import Setting
from projections.ledger.models import Activity, Balance, DailyTotal, Entry, Hold, Transfer
from projections.ledger.projectors import daily_totals
from projections.ledger.statements import Cut, Place, Statement
from projections.ledger.wanted import Wanted, a_day, number, same_but, text, wanted

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
    with snapshot(Activity, Balance, Entry, Hold, Transfer) as position:
        own = queries.accounts(viewer, limit=PAGE + 1, own=True)
        lines = sparks(own[:PAGE]) if own else {}
        reached = min(position_of(told, 0, position), position)
        mine = activity.Wanted(own=True)
        latest = activity.feed(viewer, mine, upto=reached, limit=LATEST) if own else []
    if not own and viewer.may("view"):
        return _accounts(request)
    context = {
        "accounts": [(each, lines.get(each.account, "")) for each in own[:PAGE]],
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

    Both are as of now, or of another time; `event` asks for the time of one of its events.
    """
    if "event" in request.GET:
        return _when(request, code)
    asked = wanted(request)
    try:
        found = _as_asked(request, code, asked)
    except BadRequest as error:
        asked = asked.but(error.errors)
        found = _as_asked(request, code, asked)
    page, moment = found.statement, found.cut.moment
    place = f"{page.last[0]}_{page.last[1]}" if page.last else ""
    context = {
        "account": found.cut.of,
        "moment": moment,
        "asked": asked,
        "statement": page,
        "holds": found.holds[:HOLDS],
        "may_end": not moment.fixed and _viewer(request).may("operate"),
        "more_holds": len(found.holds) > HOLDS,
        "setting": found.setting,
        "charts": found.charts,
        "versions": found.versions,
        "descending": _descending(request),
        "since": text(request, "since"),
        "until": text(request, "until"),
        "after": _place(request),
        "next": same_but(request, after=place) if place else "",
        "first": same_but(request, after=""),
        "all_words": same_but(request, after="", q=""),
        "now": same_but(request, after="", as_of="", known_at="", at_position=""),
        "for_programs": _for_programs(found.cut, asked),
        "download": same_but(request, after="", order="", q=""),
        "position": moment.position,
    }
    return render(request, "ledger/account.html", context)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is on an account's page; `versions` is how many events the account has by now.

    Charts and settings are those of now: as of another time there are none.
    """

    cut: Cut
    statement: Statement
    holds: list[Hold]
    versions: int
    charts: Charts | None = None
    setting: Setting | None = None


def _for_programs(cut: Cut, asked: Wanted) -> str:
    """The query by which a program gets the same statement."""
    times = {name: value for name, value in asked.times.items() if name in asof.PINNED}
    said = {"since": cut.since, "until": cut.until, **times}
    return urlencode({name: str(value) for name, value in said.items() if value})


def _as_asked(request: HttpRequest, code: str, asked: Wanted) -> _Found:
    after, descending = _place(request), _descending(request)
    tables = Balance, DailyTotal, Entry, Hold, Setting, Transfer
    with asof.then(asked.times, *tables) as moment:
        cut = asked.of(_found(request, code, moment), moment)
        page = statements.statement(cut, after=after, limit=PAGE, descending=descending)
        of = cut.of
        if moment.day:
            return _Found(cut, page, [], _versions(of, moment))
        holds = holding.open_holds(of, limit=HOLDS + 1, moment=moment)
        if moment.fixed:
            return _Found(cut, page, holds, _versions(of, moment))
        reached = position_of(daily_totals, 0, moment.position)
        drawn = charts(of, days.course(of), reached)
        setting = Setting.objects.filter(account=of.account).first()
        return _Found(cut, page, holds, of.version, drawn, setting)


def _versions(of: Balance, moment: Moment) -> int:
    """How many events an account has by now, though its row may be as it was."""
    if not moment.past:
        return of.version
    stream = account_stream(of.account)
    return versions_at([stream], latest_position())[stream]


def _when(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the account as it was just after one of its events, which are counted from 1."""
    version = number(request, "event")
    with asof.then({}, Balance, Hold) as moment:
        of = _found(request, code, moment)
    position = ""
    if 0 < version < of.version:
        (event,) = read_stream(account_stream(code), after=version - 1, limit=1)
        position = str(event.position)
    times = {"as_of": "", "known_at": "", "at_position": position}
    return redirect(f"{request.path}?{same_but(request, event='', after='', **times)}")


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
    asked = replace(wanted(request), words="")  # A statement is whole.
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
        "request_id": queries.requests_of(viewer, [found.position]).get(found.position),
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
