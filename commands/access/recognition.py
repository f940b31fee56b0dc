"""Whose a bearer token is; those of many requests of an event loop are looked up together."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from commands.access.models import Token, User, digest
from commands.access.people import HELD, principal_with
from commands.access.principal import Principal
from eventstore.columns import Texts
from eventstore.failures import UNANSWERED
from eventstore.pipeline import pipeline
from eventstore.together import Together

UNKNOWN = "This token is unknown, expired or revoked."
USED = timedelta(minutes=1)
"""How stale a token's last use may be; writing it on every request would cost a commit each."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A live token, and the principal who came with it."""

    token: Token
    principal: Principal


def bearer(request: HttpRequest) -> str | None:
    """The text of a request's bearer token; None when it has none."""
    kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def find(text: str) -> Recognised | None:
    """Whose live token this text is; None for any other text."""
    return find_all([text])[text]


def find_all(texts: Iterable[str]) -> Mapping[str, Recognised | None]:
    """The same for many texts, in one query."""
    parted = {text: _parted(text) for text in texts}
    tokens = _tokens({parts[0] for parts in parted.values() if parts})
    found: dict[str, Recognised | None] = dict.fromkeys(parted)
    for text, parts in parted.items():
        token, held = tokens.get(parts[0], (None, ())) if parts else (None, ())
        if token and parts and _opens(token, parts[1]):
            found[text] = Recognised(token, principal_with(token.user, held, token))
    _note(each.token for each in found.values() if each)
    return found


TOKEN, USER = ([each.attname for each in model._meta.concrete_fields] for model in (Token, User))
TOKENS = f"""
SELECT {", ".join(f"token.{c}::text" if c == "scopes" else f"token.{c}" for c in TOKEN)},
    {", ".join(f"access_user.{column}" for column in USER)}, {HELD}
FROM access_token AS token JOIN access_user ON access_user.id = user_id WHERE token.id = ANY(%s)"""


def _tokens(ids: Iterable[str]) -> dict[str, tuple[Token, list[str]]]:
    """Tokens with their users, and the permissions these have; prepared, since each request asks.

    A connection that was lost while nobody used it is replaced.
    """
    for again in (True, False):
        try:
            with pipeline() as execute:
                rows = execute(TOKENS, [Texts(ids)])
            break
        except UNANSWERED:
            if not again or connection.in_atomic_block:
                raise
            connection.close()
    found = {}
    for *values, held in rows.fetchall():
        token = Token.from_db(DEFAULT_DB_ALIAS, TOKEN, values[: len(TOKEN)])
        token.scopes = orjson.loads(token.scopes)
        token.user = User.from_db(DEFAULT_DB_ALIAS, USER, values[len(TOKEN) :])
        found[token.id] = token, held
    return found


def _parted(text: str) -> tuple[str, str] | None:
    """The id and the secret of `db_<id>_<secret>`."""
    parts = text.split("_", 2)
    return (
        (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "db" and "\0" not in text else None
    )


def _opens(token: Token, secret: str) -> bool:
    return hmac.compare_digest(digest(secret), bytes(token.secret_sha256)) and token.is_live


def _note(tokens: Iterable[Token]) -> None:
    """Remember that these were used just now."""
    now = timezone.now()
    used = [t.id for t in tokens if t.last_used_at is None or t.last_used_at < now - USED]
    if used:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED)
        Token.objects.filter(stale, pk__in=used).update(last_used_at=now)


_together = Together(find_all)


async def recognise(request: HttpRequest) -> bool:
    """Find out whose the request's bearer token is, for `recognised`; false when it has none."""
    text = bearer(request)
    if text is None:
        return False
    request.recognised = await _together.found(text)  # type: ignore[attr-defined]
    return True


def recognised(request: HttpRequest) -> Recognised | None:
    """Whose the request's bearer token is, as it was found out before or is now."""
    if not hasattr(request, "recognised"):
        text = bearer(request)
        request.recognised = None if text is None else find(text)  # type: ignore[attr-defined]
    return request.recognised  # type: ignore[attr-defined, no-any-return]
