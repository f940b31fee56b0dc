"""Why a balance is what it is: what was before, and each event since that made the figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventstore.http import BadRequest
from projections.ledger import asof, holding, queries
from projections.ledger.history import Moment
from projections.ledger.models import Balance, Entry, Hold, Transfer
from projections.ledger.queries import Line, Viewer
from projections.ledger.wanted import Wanted, number, same_but, wanted

PAGE = 50
"""Events on a page, and open holds that are named one by one."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event with what it added to the balance, and the request that caused it.

    Amounts are minor units in the account's own direction. The request is None where who looks did
    not ask it and may not see it.
    """

    line: Line
    added: int
    request: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """An account's figures as sums: posted is `opening` and the steps, held is all its holds.

    `others` is the sum of the holds that are not named.
    """

    of: Balance
    opening: int
    steps: Sequence[Step]
    earlier: bool
    holds: Sequence[Hold]
    others: int

    @property
    def closing(self) -> int:
        """The balance after the last of the steps."""
        return self.steps[-1].line.balance if self.steps else self.opening


@require_safe
@login_required
def why(request: HttpRequest, code: str) -> HttpResponse:
    """The page that adds an account's balance up, as of now or of another position.

    Newest events first to be found, and in the order of the log to be read: those before a
    position, where one is asked for.
    """
    asked = wanted(request)
    try:
        found, moment = _then(request, code, asked)
    except BadRequest as error:
        asked = asked.but(error.errors)
        found, moment = _then(request, code, asked)
    earlier = same_but(request, before=str(found.steps[0].line.position)) if found.earlier else ""
    context = {
        "account": found.of,
        "why": found,
        "before": number(request, "before"),
        "earlier": earlier,
        "latest": same_but(request, before=""),
        "moment": moment,
        "wrong": asked.wrong,
        "position": moment.position,
    }
    return render(request, "ledger/why.html", context)


def _then(request: HttpRequest, code: str, asked: Wanted) -> tuple[Why, Moment]:
    viewer: Viewer = request.principal  # type: ignore[attr-defined]
    times = {name: value for name, value in asked.times.items() if name in asof.PINNED}
    with asof.then(times, Balance, Entry, Hold, Transfer) as moment:
        of = queries.account(viewer, code, moment)
        if of is None:
            raise Http404
        return _why(viewer, of, moment, number(request, "before")), moment


def _why(viewer: Viewer, of: Balance, moment: Moment, before: int) -> Why:
    rows = queries.entries(of, after=before, limit=PAGE + 1, descending=True, moment=moment)
    lines = rows[:PAGE][::-1]
    requests = queries.requests_of(viewer, [line.position for line in lines])
    steps = [Step(each, queries.added(of, each), requests.get(each.position)) for each in lines]
    opening = lines[0].balance - steps[0].added if lines else 0
    holds = holding.open_holds(of, limit=PAGE, moment=moment)
    others = (of.held or 0) - sum(hold.remaining_now for hold in holds)
    return Why(of, opening, steps, len(rows) > PAGE, holds, others)
