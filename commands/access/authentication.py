"""How the API learns who asks: a bearer token, or the session of a page."""

import hmac
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from commands.access.models import Token, User, digest
from commands.access.people import principal_of

USED = timedelta(minutes=1)
"""How stale a token's last use may be; writing it on every request would cost a commit each."""


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer db_<id>_<secret>`."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = find(text.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked.")
        request._request.principal = principal_of(token.user, token)  # type: ignore[attr-defined]
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a logged-in page; what changes something needs its CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        found = super().authenticate(request)
        if found is not None:
            request._request.principal = principal_of(found[0])  # type: ignore[attr-defined]
        return found


def find(text: str) -> Token | None:
    """The live token with this text; None for any other text."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "db" or "\0" in text:
        return None
    token = Token.objects.select_related("user").filter(id=parts[1]).first()
    if token is None or not hmac.compare_digest(digest(parts[2]), bytes(token.secret_sha256)):
        return None
    if not token.is_live:
        return None
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USED:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token
