"""Letting in who came with a bearer token, on an event loop: DRF's checks without DRF's request."""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.views import APIView

from commands.access.recognition import UNKNOWN, recognised


def admit(request: HttpRequest, view: APIView) -> None:
    """Let a request in whose token was looked up, and set its user and principal.

    Raises:
        AuthenticationFailed: the token opens nothing.
        PermissionDenied: it does not reach as far as this view.
        Throttled: the principal asks too often.
    """
    found = recognised(request)
    if found is None:
        raise AuthenticationFailed(UNKNOWN)
    request.user = found.token.user
    request.principal = found.principal  # type: ignore[attr-defined]
    asking: Any = request
    for permission in view.get_permissions():
        if not permission.has_permission(asking, view):
            raise PermissionDenied(getattr(permission, "message", None))
    for throttle in view.get_throttles():
        if not throttle.allow_request(asking, view):
            raise Throttled(throttle.wait())
