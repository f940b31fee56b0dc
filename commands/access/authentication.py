"""How the API learns who asks: a bearer token, or the session of a page."""

from typing import Any

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from commands.access.models import Token, User
from commands.access.people import principal_of
from commands.access.recognition import UNKNOWN, bearer, recognise, recognised


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer db_<id>_<secret>`; `recognise` looks it up from an event loop."""

    recognise = staticmethod(recognise)

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        if bearer(request._request) is None:
            return None
        found = recognised(request._request)
        if found is None:
            raise exceptions.AuthenticationFailed(UNKNOWN)
        request._request.principal = found.principal  # type: ignore[attr-defined]
        return found.token.user, found.token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a logged-in page; what changes something needs its CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        # DRF's own request would parse the body for it: who asks is known before what is asked.
        super().enforce_csrf(request._request)  # type: ignore[arg-type]

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is not None:
            request._request.principal = principal_of(found[0])  # type: ignore[attr-defined]
        return found
