"""How far a token reaches; what a principal may do with an account, rules and queries say."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class _Scope(BasePermission):
    scope: str

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated) and request.principal.allows(  # type: ignore[attr-defined]
            self.scope
        )


class MayRead(_Scope):
    """Somebody, with a token that may read."""

    scope = "read"
    message = "This token may not read."


class MayWrite(_Scope):
    """Somebody, with a token that may write."""

    scope = "write"
    message = "This token may not write."


class MayReadEvents(_Scope):
    """Staff who may view everything, with a token that may read events."""

    scope = "events:read"
    message = "Reading the log needs the right to view the ledger, and a token for events:read."

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and request.principal.may("view")  # type: ignore[attr-defined]
