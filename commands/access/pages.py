"""Pages of one's own: who one is here, the password, and the keys to the API."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from commands.access.forms import SCOPES, TokenForm
from commands.access.models import Token, User
from commands.access.principal import Principal

PAGE = 50
MADE = "token"
"""Where the session has the text of a token between its making and the one page that shows it."""

RIGHTS = {
    "view": gettext_noop("See every account, transfer and event"),
    "operate": gettext_noop("Open accounts, and post to any of them"),
    "force": gettext_noop("Pass the check of funds, with a reason"),
    "close": gettext_noop("Close and reopen the books"),
}


@require_safe
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """Who one is here and what one may, and the ways to what is one's own."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rights = [_(words) for right, words in RIGHTS.items() if principal.may(right)]
    return render(request, "me/me.html", {"rights": rights})


class ChangePassword(auth.PasswordChangeView):
    """Sessions elsewhere end with the old password; this one and the tokens go on."""

    template_name = "me/password.html"
    success_url = reverse_lazy("me")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        said = _("Your password is changed. Wherever else you were logged in, you no longer are.")
        messages.success(self.request, said)
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


@require_safe
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens, newest first; one that was just made is shown with its text, once."""
    after = request.GET.get("after", "")
    found = list(_older(_own(request), after)[: PAGE + 1])
    # Nobody sees what is only fetched ahead, or without its text.
    is_seen = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    context = {
        "made": request.session.pop(MADE, "") if is_seen else "",
        "tokens": [
            {"row": each, "scopes": [SCOPES[scope] for scope in each.scopes]}
            for each in found[:PAGE]
        ],
        "after": after,
        "next": f"after={found[PAGE - 1].id}" if len(found) > PAGE else "",
    }
    answer = render(request, "me/tokens.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token, once for each form that was opened.

    Its text waits in the session for the list to show it: a page that answered the POST itself
    would lose it to a double click, and a reload would send the form again. Whoever can read
    sessions could act as their users anyway.
    """
    principal: Principal = request.principal  # type: ignore[attr-defined]
    form = TokenForm(principal, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "me/new_token.html", {"form": form}, status=status)
    asked = form.cleaned_data
    try:
        with transaction.atomic():
            request.session[MADE] = Token.issue(
                cast(User, request.user),
                id=asked["id"],
                name=asked["name"],
                scopes=asked["scopes"],
                prefix=asked["under"],
                expires_at=asked["expires"],
            )
    except IntegrityError:
        messages.info(request, _("This form was sent before; it has made one token."))
    return redirect("tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def revoke_token(request: HttpRequest, id: str) -> HttpResponse:
    """Ask whether a token of one's own shall be revoked, and do it."""
    token = get_object_or_404(_own(request), id=id)
    if request.method != "POST":
        return render(request, "me/revoke_token.html", {"token": token})
    token.revoke()
    said = _("The token {token} is revoked: it opens nothing.")
    messages.success(request, said.format(token=token.name or token))
    return redirect("tokens")


def _own(request: HttpRequest) -> QuerySet[Token]:
    return Token.objects.filter(user=cast(User, request.user)).order_by("-created_at", "-id")


def _older(found: QuerySet[Token], than: str) -> QuerySet[Token]:
    """Those that were made before one of them; all when there is no such token."""
    last = found.filter(id=than).first() if than.isalnum() else None
    if last is None:
        return found
    earlier = Q(created_at__lt=last.created_at)
    return found.filter(earlier | Q(created_at=last.created_at, id__lt=last.id))
