"""Pages of what was asked, what came of it, and what one was told meanwhile."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from commands.access.principal import Principal
from commands.engine import (
    consequences,
    endings,
    lives,
    notifications,
    queries,
    readable,
    retries,
    showing,
)
from commands.engine.errors import AlreadyBegun, Refused
from commands.engine.models import Request
from commands.engine.views import SeeOther

PAGE = 50


@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """One's own requests, newest first, with what came of them."""
    try:
        after = UUID(request.GET.get("after", ""))
    except ValueError:
        after = None
    principal = _principal(request)
    unseen = "unseen" in request.GET
    found = queries.own(principal.user, after=after, limit=PAGE + 1, descending=True, unseen=unseen)
    context = {
        "only_unseen": unseen,
        "requests": [showing.shown(each) for each in found[:PAGE]],
        "after": after,
        "next": f"after={found[PAGE - 1].id}{'&unseen' * unseen}" if len(found) > PAGE else "",
        "sees_patterns": principal.may("view"),
    }
    return render(request, "requests/requests.html", context)


@require_safe
@login_required
def request(request: HttpRequest, id: UUID) -> HttpResponse:
    """A request of one's own, or anybody's for those who may view the ledger."""
    found = visible(request, id, "view")
    notifications.see(_principal(request).user, request=id)
    return _page(request, found)


@login_required
@require_POST
def cancel(request: HttpRequest, id: UUID) -> HttpResponse:
    """Cancel a request of one's own that waits, or anybody's for those who operate."""
    found = visible(request, id, "operate")
    try:
        endings.cancel(found, by=_principal(request).user)
    except AlreadyBegun as refusal:
        found.refresh_from_db()
        return _page(request, found, refusal)
    messages.success(request, _("Cancelled; nothing was done."))
    return SeeOther(reverse("request", args=[id]))


@login_required
@require_POST
def see_notification(request: HttpRequest, id: UUID) -> HttpResponse:
    """Show a notification no more, and go back to where it was shown."""
    principal = _principal(request)
    notifications.see(principal.user, id=id)
    if queries.notification(id, principal.user) is None:
        raise Http404
    back = request.POST.get("back", "")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return SeeOther(back if ours else reverse("requests"))


def visible(request: HttpRequest, id_: UUID, right: str) -> Request:
    """A request of one's own, or anybody's for who has this right.

    Raises:
        Http404: there is none, or it is not theirs to see.
    """
    principal = _principal(request)
    found = queries.one(id_, user=principal.user, every=principal.may(right))
    if found is None:
        raise Http404
    return found


def life(request: HttpRequest, of: Request) -> lives.Life:
    """What happened to a request, as far as who looks at it may know."""
    return lives.life(of, staff=_principal(request).may("view"))


def _principal(request: HttpRequest) -> Principal:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return principal


def _page(request: HttpRequest, of: Request, refusal: Refused | None = None) -> HttpResponse:
    """The page of a request, perhaps with why it could not be cancelled."""
    principal = _principal(request)
    context = {
        **showing.what_was_asked(of),
        "facts": readable.facts(of.answer.get("facts", {})),
        **showing.parts(of, only_refused=request.GET.get("only") == "refused"),
        "may_ask_again": principal.user == of.principal and showing.may_be_asked_again(of),
        "life": life(request, of),
        "tree": consequences.tree(of) if principal.may("view") else consequences.NONE,
        "sees_all": principal.may("view"),
        "retries": retries.of(of) if of.status == "failed" else [],
        "may_cancel": principal.may("operate") or principal.user == of.principal,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "requests/request.html", context, status=status)
