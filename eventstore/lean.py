"""Reads that may wait, on the event loop: whoever waits there holds no thread."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore.threads import hop


def gone_of(request: HttpRequest) -> Callable[[], Awaitable[object]]:
    """What returns once the client of a request has hung up; never, where that is not known."""
    found: Callable[[], Awaitable[object]] = getattr(request, "gone", never)
    return found


async def never() -> None:
    """Wait for as long as one is let."""
    await asyncio.Event().wait()


class LeanView(APIView):
    """A view whose GET is `aget` on an event loop; elsewhere it is `get`, which waits for nothing.

    An authentication that can say on the event loop whose a request is has `recognise`.
    """

    @classmethod
    async def lean(cls, request: HttpRequest, **address: Any) -> HttpResponseBase:
        view = cls()
        view.args, view.kwargs, view.headers = (), address, {}
        view.request = view.initialize_request(request)
        try:
            if await view._is_recognised():
                view.initial(view.request, **address)
            else:
                await hop(view.initial, view.request, **address)
            return await view.aget()
        except Exception as error:
            return cast(HttpResponseBase, view.handle_exception(error))

    async def aget(self) -> HttpResponseBase:
        return await hop(self.shown)

    def shown(self) -> HttpResponseBase:
        """What `get` answers, ready to be sent."""
        return self.rendered(self.get(self.request, **self.kwargs))  # type: ignore[attr-defined]

    def rendered(self, answer: Response) -> HttpResponseBase:
        """An answer, ready to be sent."""
        return cast(HttpResponseBase, self.finalize_response(self.request, answer).render())

    async def still_may(self) -> bool:
        """Whether who asked then might ask the same now: tokens are revoked and rights taken."""
        asked: Any = self.request._request
        request = self.initialize_request(asked)
        try:
            if await self._is_recognised():
                self._let_in(request)
            else:
                await hop(self._let_in, request, anew=True)
        except APIException:
            return False
        return True

    async def _is_recognised(self) -> bool:
        """Whether a token says who asks; it is looked up together with those of others."""
        for each in self.get_authenticators():
            recognise = getattr(each, "recognise", None)
            if recognise is not None and await recognise(self.request._request):
                return True
        return False

    def _let_in(self, request: Request, *, anew: bool = False) -> None:
        if anew:
            asked: Any = request._request
            asked.session = type(asked.session)(asked.session.session_key)
            asked.user = get_user(asked)
        self.perform_authentication(request)
        self.check_permissions(request)
