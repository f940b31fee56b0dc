"""The same transfer sent down all three roads at the same moment, on the demo ledger alone."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from commands.access.principal import Principal
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import Busy, OutcomeUnknown
from commands.engine.outcomes import Outcome, Submission
from commands.engine.pages import life, visible
from commands.engine.views import Awaited, SeeOther
from config import demo

ROADS = ("awaited", "queued", "gateway")
SECONDS = 5
"""For so long the connection that went by the gateway waits."""
BODY = {
    "from": demo.OUTSIDE,
    "to": demo.SOMEBODY,
    "amount": "1",
    "description": "The same down three roads",
}


def is_offered(principal: Principal | None) -> bool:
    """Whether somebody may send such transfers, and this is the ledger for it."""
    return bool(principal and principal.may("operate") and demo.is_here())


class CompareRoads(LoginRequiredMixin, View):
    """Says what it will do, does it, and shows the three lives side by side."""

    def dispatch(self, request: HttpRequest, *args: Any, **address: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            if not demo.is_here():
                raise Http404
            if not self.principal.may("operate"):
                raise PermissionDenied
        return super().dispatch(request, *args, **address)

    @property
    def principal(self) -> Principal:
        principal: Principal = self.request.principal  # type: ignore[attr-defined]
        return principal

    def get(self, request: HttpRequest) -> HttpResponse:
        ids = [_uuid(text) for text in request.GET.getlist("request")[: len(ROADS)]]
        found = [visible(request, id_, "view") for id_ in ids if id_]
        lives = [life(request, each) for each in found]
        return self._page(lives=lives, pending=any(each.status == "accepted" for each in found))

    def post(self, request: HttpRequest) -> HttpResponse:
        drawn = _uuid(request.POST.get("idempotency_key", "")) or uuid4()
        if not hasattr(request, "outcome"):
            outcomes = [_outcome(each) for each in self._asked(drawn)]
        elif request.outcome is None:
            return Awaited(*self._asked(drawn), seconds=SECONDS)
        else:
            outcomes = [request.outcome, *request.others]  # type: ignore[attr-defined]
        known = [each for each in outcomes if isinstance(each, Outcome)]
        if not known:
            return self._page(key=drawn, status=503, error=outcomes[0])
        if len(known) < len(ROADS):
            messages.warning(request, _("Not all could be sent: the ledger is busy."))
        query = urlencode([("request", each.request) for each in known])
        return SeeOther(f"{reverse('compare-roads')}?{query}")

    def _asked(self, drawn: UUID) -> list[Submission]:
        """The same transfer for each road, with keys of their own."""
        return [
            submission(
                "post_transfer",
                BODY,
                principal=self.principal,
                key=f"{drawn}:{road}",
                source="form",
                road=road,
                later=road != "awaited",
            )
            for road in ROADS
        ]

    def _page(self, *, status: int = 200, key: UUID | None = None, **more: Any) -> HttpResponse:
        context = {"key": key or uuid4(), "body": BODY, "seconds": SECONDS, **more}
        return render(self.request, "compare_roads.html", context, status=status)


def _outcome(asked: Submission) -> Outcome | Exception:
    """What comes of it where nobody awaits: by the gateway, that it is accepted."""
    try:
        return dispatch(asked)
    except (Busy, OutcomeUnknown) as error:
        return error


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
