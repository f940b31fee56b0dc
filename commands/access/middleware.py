"""Every request knows its principal: pages from the session, the API from its authentication."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from commands.access.people import principal_of


def principal(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Set `request.principal` lazily; it is None for nobody."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.principal = SimpleLazyObject(lambda: principal_of(request.user))  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
