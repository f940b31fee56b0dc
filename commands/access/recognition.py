"""Whose a bearer token is; those of many requests of an event loop are looked up together."""

import asyncio
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakKeyDictionary

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from commands.access.models import Token, digest
from commands.access.people import principal_with, rights_of
from commands.access.principal import Principal
from eventstore.threads import hop

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
    """The same for many texts, in two queries."""
    parted = {text: _parted(text) for text in texts}
    ids = {id_ for id_, _ in filter(None, parted.values())}
    tokens = {each.id: each for each in Token.objects.select_related("user").filter(id__in=ids)}
    opened: dict[str, Token] = {}
    for text, parts in parted.items():
        token = tokens.get(parts[0]) if parts else None
        if token and parts and _opens(token, parts[1]):
            opened[text] = token
    rights = rights_of([token.user for token in opened.values()])
    _note(opened.values())
    found: dict[str, Recognised | None] = dict.fromkeys(parted)
    for text, token in opened.items():
        found[text] = Recognised(token, principal_with(token.user, rights[token.user.id], token))
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


class _Asking:
    """The look-ups of one event loop: while one is under way, the next are collected."""

    def __init__(self) -> None:
        self._next: dict[str, asyncio.Future[Recognised | None]] = {}
        self._at_work: asyncio.Task[None] | None = None

    async def found(self, text: str) -> Recognised | None:
        loop = asyncio.get_running_loop()
        future = self._next.get(text)
        if future is None:
            future = self._next[text] = loop.create_future()
        if self._at_work is None:
            self._at_work = loop.create_task(self._work())
        return await asyncio.shield(future)

    async def _work(self) -> None:
        try:
            while self._next:
                asked, self._next = self._next, {}
                try:
                    found = await hop(find_all, list(asked))
                except Exception as error:
                    for future in asked.values():
                        future.set_exception(error)
                else:
                    for text, future in asked.items():
                        future.set_result(found[text])
        finally:
            self._at_work = None


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Asking] = WeakKeyDictionary()


async def recognise(request: HttpRequest) -> bool:
    """Find out whose the request's bearer token is, for `recognised`; false when it has none."""
    text = bearer(request)
    if text is None:
        return False
    asking = _loops.setdefault(asyncio.get_running_loop(), _Asking())
    request.recognised = await asking.found(text)  # type: ignore[attr-defined]
    return True


def recognised(request: HttpRequest) -> Recognised | None:
    """Whose the request's bearer token is, as it was found out before or is now."""
    if not hasattr(request, "recognised"):
        text = bearer(request)
        request.recognised = None if text is None else find(text)  # type: ignore[attr-defined]
    return request.recognised  # type: ignore[attr-defined, no-any-return]
