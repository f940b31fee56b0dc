"""Users are edited by staff; tokens are only looked at, they are made and revoked by commands."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from commands.access.models import Token, User
from eventstore.window import Window

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
    fields = (
        *("id", "user", "state", "scopes_", "prefix", "created_at"),
        *("expires_at", "revoked_at", "last_used_at"),
    )
    list_display = fields
    list_filter = (LiveFilter,)
    list_select_related = ("user",)
    search_fields = ("id",)
    search_help_text = "A token's id, the name of its user, or the beginning of its prefix"

    def search(self, rows: QuerySet[Token], term: str) -> QuerySet[Token]:
        id_ = term.removeprefix("db_").partition("_")[0]
        return rows.filter(Q(id=id_) | Q(user__username=term) | Q(prefix__startswith=term))

    def state(self, token: Token) -> str:
        return "live" if token.is_live else "ended"

    @admin.display(description="scopes")
    def scopes_(self, token: Token) -> str:
        return ", ".join(token.scopes) or "all that the user may"
