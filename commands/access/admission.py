"""Who may come in with a bearer token, asked on an event loop: as DRF's own checks, without DRF."""

from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled

from commands.access.permissions import Scope
from commands.access.recognition import recognised
from commands.access.throttling import PrincipalRate

UNKNOWN = "This token is unknown, expired or revoked."


def admit(request: HttpRequest, *, scope: type[Scope]) -> None:
    """Let a request in whose token was looked up, and set its principal.

    Raises:
        AuthenticationFailed: the token opens nothing.
        PermissionDenied: it does not reach as far as this scope.
        Throttled: the principal asks too often.
    """
    found = recognised(request)
    if found is None:
        raise AuthenticationFailed(UNKNOWN)
    request.principal = found.principal  # type: ignore[attr-defined]
    if not found.principal.allows(scope.scope):
        raise PermissionDenied(scope.message)
    throttle = PrincipalRate()
    if not throttle.allow_request(request, None):
        raise Throttled(throttle.wait())
