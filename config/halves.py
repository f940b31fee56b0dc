"""One ASGI process, two halves: commands and what waits are awaited, all else hops into a thread.

The lean half has no thread for a request that waits; the other is Django as everybody knows it,
with persistent connections in a bounded pool of threads. Bodies are read before either begins, so
that a slow client holds no thread.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from http import HTTPMethod, HTTPStatus
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import signals
from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from commands.engine import writer
from commands.engine.attempts import aremember
from commands.engine.awaiting import aoutcome_of
from commands.engine.outcomes import Outcome, Submission
from commands.engine.views import Awaited, SeeOther
from config.garbage import seldom_collect
from config.middleware import compress, numbered
from config.problems import unreadable
from config.sending import Message, Receive, Send, gone, send_answer, send_head
from config.stopping import when_told
from eventstore.listening import stop_waiting
from eventstore.threads import hop

BODY_SECONDS = 30
"""How long a body may take to arrive."""

Lean = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class Halves:
    """The ASGI application."""

    def __init__(self) -> None:
        self._django = BaseHandler()
        self._django.load_middleware()
        self._ending = asyncio.Event()

        def nothing(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        around: list[Any] = [
            SecurityMiddleware(nothing),
            CommonMiddleware(nothing),
            SessionMiddleware(nothing),
            AuthenticationMiddleware(nothing),
            XFrameOptionsMiddleware(nothing),
        ]
        self._before = [m.process_request for m in around if hasattr(m, "process_request")]
        self._after = [m.process_response for m in around[::-1] if hasattr(m, "process_response")]
        self._guarded = cast(Lean, convert_exception_to_response(self._within))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send, self._end)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            if scope["method"] == HTTPMethod.HEAD:
                await send_head(answer, send)
            else:
                await send_answer(answer, receive, send, ending=self._ending)

    def _end(self) -> None:
        """Let nobody wait, and no stream go on, in a process that is told to stop."""
        self._ending.set()
        stop_waiting()

    async def _answer(self, scope: Message, receive: Receive) -> HttpResponseBase:
        try:
            body = await _body(receive, most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            request = _request(scope, body)
        except (RequestAborted, RequestDataTooBig, UnicodeDecodeError, TimeoutError) as error:
            request = _request({**scope, "query_string": b""}, b"")
            return await self._around_lean(partial(_unreadable, error), request)
        if lean := _lean(request):
            request.gone = partial(gone, receive)  # type: ignore[attr-defined]
            return await self._around_lean(lean, request)
        return await self._hop(request, scope, body)

    async def _hop(self, request: Any, scope: Message, body: bytes) -> HttpResponseBase:
        """Django's answer; what a form asks for is awaited while no thread is held."""
        request.outcome = None
        response = await hop(self._in_thread, request)
        if isinstance(response, Awaited):
            again: Any = _request(scope, body)
            again.id, again.began = request.id, request.began
            again.asked = response.asked
            again.outcome, *again.others = await _outcomes(response)
            response = await hop(self._in_thread, again)
            if response.status_code != HTTPStatus.SEE_OTHER and _succeeded(again.outcome):
                return await self._around_lean(partial(_done, again.outcome), again)
        return response

    async def _around_lean(self, lean: Lean, request: HttpRequest) -> HttpResponseBase:
        """What Django's middlewares do for a command, without a thread hop for each of them."""
        request.lean = lean  # type: ignore[attr-defined]
        with numbered(request) as complete:
            response = await self._guarded(request)
            for process in self._after:
                response = process(request, response)
            if request.method == "GET" and "gzip" in request.headers.get("Accept-Encoding", ""):
                response = await hop(compress, request, response)
            await aremember(request, response)
            complete(response)
        return response

    async def _within(self, request: HttpRequest) -> HttpResponseBase:
        for process in self._before:
            if stop := process(request):
                return cast(HttpResponseBase, stop)
        return await cast(Lean, request.lean)(request)  # type: ignore[attr-defined]

    def _in_thread(self, request: ASGIRequest) -> HttpResponseBase:
        signals.request_started.send(sender=self.__class__, scope=request.scope)
        response = self._django.get_response(request)
        if not response.streaming:
            response.close()
        return response


async def _outcomes(of: Awaited) -> list[Outcome | Exception]:
    """What comes of all that a page asks for at the same moment."""
    return await asyncio.gather(*(_outcome(each, of.seconds) for each in (of.asked, *of.others)))


async def _outcome(asked: Submission, seconds: float) -> Outcome | Exception:
    try:
        outcome = await writer.adispatch(asked)
        if outcome.is_accepted and asked.road == "gateway":
            outcome = await aoutcome_of(outcome, asked.principal.user, seconds)
        return outcome
    except Exception as error:
        return error


async def _done(outcome: Outcome, request: HttpRequest) -> HttpResponseBase:
    """Where it can be seen that something was done, whatever kept its page from saying so."""
    return SeeOther(reverse("request", args=[outcome.request]))


def _succeeded(result: Outcome | Exception) -> bool:
    return isinstance(result, Outcome) and (result.succeeded or result.is_accepted)


def _lean(request: HttpRequest) -> Lean | None:
    """The lean half's view for this request, if it has one."""
    try:
        match = _match(request.path_info, settings.ROOT_URLCONF)
    except Resolver404:
        return None
    lean = getattr(match.func, "lean", None)
    view = lean(request.method) if lean else None
    request.resolver_match = match
    return partial(view, **match.kwargs) if view else None


@lru_cache(maxsize=1_000)
def _match(path: str, among: str) -> ResolverMatch:
    """Where a path leads; most requests name one of few."""
    return resolve(path, among)


async def _unreadable(error: Exception, request: HttpRequest) -> HttpResponseBase:
    return unreadable(request, error)


def _request(scope: Message, body: bytes) -> ASGIRequest:
    """The request as Django has it; one sent in chunks learns its length."""
    headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    return ASGIRequest({**scope, "headers": headers}, BytesIO(body))


async def _body(receive: Receive, *, most: int) -> bytes:
    """The whole body.

    Raises:
        RequestDataTooBig: it is longer than `most` bytes.
        TimeoutError: it did not arrive in time.
        RequestAborted: it ended before it was complete.
    """
    chunks, size, more = [], 0, True
    async with asyncio.timeout(BODY_SECONDS):
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > most:
                raise RequestDataTooBig
            more = message.get("more_body", False)
    return b"".join(chunks)


async def _live(receive: Receive, send: Send, end: Callable[[], None]) -> None:
    """Start and stop as the server says; what waits for the writer is decided before the end.

    The server says so when all has been answered: what would wait is told by the signal itself.
    """
    loop = asyncio.get_running_loop()
    when_told(lambda: loop.call_soon_threadsafe(end))
    while (message := await receive())["type"] != "lifespan.shutdown":
        writer.start()
        seldom_collect()
        await send({"type": f"{message['type']}.complete"})
    await asyncio.to_thread(writer.stop)
    await send({"type": "lifespan.shutdown.complete"})
