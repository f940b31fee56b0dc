"""Users are edited by staff; tokens are looked at, and revoked where one has leaked."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from commands.access.models import Token, User
from eventstore.cells import table
from eventstore.listed import time_column
from eventstore.records import timestamp
from eventstore.window import Window

REVOKE = "access_token_revoke"

admin.site.register(User, UserAdmin)


class LiveFilter(SimpleListFilter):
    """Whether a token still opens the door."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "live"), ("ended", "expired or revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Token]) -> QuerySet[Token]:
        ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
        ended |= Q(user__is_active=False)
        return {"live": queryset.exclude(ended), "ended": queryset.filter(ended)}.get(
            self.value() or "", queryset
        )


@admin.register(Token)
class TokenWindow(Window):
    """Tokens without their secrets, of which only a hash is kept."""

    key, descending = "id", False
    change_form_template = "admin/row_with_tools.html"
    created, expires = time_column("created_at", "created"), time_column("expires_at", "expires")
    revoked, used = time_column("revoked_at", "revoked"), time_column("last_used_at", "last used")
    list_display = (
        *("id", "user", "state", "scopes_", "prefix", "created", "expires", "revoked", "used"),
    )
    fields = (
        *("id", "user", "state", "scopes_", "prefix", "created_at"),
        *("expires_at", "revoked_at", "last_used_at", "what_was_done"),
    )
    list_filter = (LiveFilter,)
    list_select_related = ("user",)
    search_fields = ("id",)
    search_help_text = "A token's id, the name of its user, or the beginning of its prefix"

    def search(self, rows: QuerySet[Token], term: str) -> QuerySet[Token]:
        id_ = term.removeprefix("db_").partition("_")[0]
        return rows.filter(Q(id=id_) | Q(user__username=term) | Q(prefix__startswith=term))

    def state(self, token: Token) -> str:
        return "of a user who is not active" if not token.user.is_active else token.state

    @admin.display(description="scopes")
    def scopes_(self, token: Token) -> str:
        return ", ".join(token.scopes) or "all that the user may"

    @admin.display(description="what was done")
    def what_was_done(self, token: Token) -> SafeString | str:
        kind = ContentType.objects.get_for_model(Token)
        found = LogEntry.objects.filter(content_type=kind, object_id=token.pk).select_related(
            "user"
        )
        told = [(timestamp(each.action_time), each.user, each.change_message) for each in found]
        return table(told, "When", "Who", "What") if told else "—"

    # --- revoking ------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.revoke)
        )
        return [path("<str:key>/revoke/", view, name=REVOKE), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        token = self.get_object(request, object_id)
        is_open = token is not None and token.revoked_at is None and _may_operate(request)
        tools = [("Revoke…", reverse(f"admin:{REVOKE}", args=[token.pk]))] if is_open else []
        return super().change_view(
            request, object_id, form_url, {"tools": tools, **(extra_context or {})}
        )

    def revoke(self, request: HttpRequest, *, key: str) -> HttpResponse:
        """Ask for the reason, which the admin's log keeps, and make the token worthless."""
        if not _may_operate(request):
            raise PermissionDenied
        token = get_object_or_404(Token.objects.select_related("user"), pk=key.replace("\0", ""))
        back = reverse("admin:access_token_change", args=[token.pk])
        if token.revoked_at is not None:
            messages.info(request, "It is revoked already.")
            return HttpResponseRedirect(back)
        reason = request.POST.get("reason", "").strip()
        if reason and reason.isprintable():
            token.revoke()
            self.log_change(request, token, f"Revoke: {reason}")
            messages.success(request, "It is revoked: nobody gets in with it any more.")
            return HttpResponseRedirect(back)
        is_wrong = request.method == "POST"
        about = {"title": "Revoke", "row": token, "opts": self.opts, "is_wrong": is_wrong}
        context = {**self.admin_site.each_context(request), **about}
        return render(request, "admin/revoke.html", context, status=400 if is_wrong else 200)


def _may_operate(request: HttpRequest) -> bool:
    return bool(request.principal.may("operate"))  # type: ignore[attr-defined]
