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


class WholeLedger(BasePermission):
    """No token that is bound to the accounts under a prefix."""

    message = "This token is for the accounts under its prefix alone."

    def has_permission(self, request: Request, view: Any) -> bool:
        return not (request.principal and request.principal.prefix)  # type: ignore[attr-defined]


class SeesAll(BasePermission):
    """Whoever may view the ledger."""

    message = "This needs the right to view."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.principal and request.principal.may("view"))  # type: ignore[attr-defined]
