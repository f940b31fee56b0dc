"""Who may see and change webhooks."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Operates(BasePermission):
    """Whoever operates, with no token that is bound to the accounts under a prefix."""

    message = "This needs the right to operate, with a token that is for all accounts."

    def has_permission(self, request: Request, view: Any) -> bool:
        principal = request.principal  # type: ignore[attr-defined]
        return bool(principal and principal.may("operate") and not principal.prefix)


class ReachesEvents(BasePermission):
    """A token that may read events: whoever says where they are sent gets them."""

    message = "This needs a token for events:read: webhooks are sent events."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.principal.allows("events:read"))  # type: ignore[attr-defined]
