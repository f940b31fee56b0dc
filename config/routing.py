"""One address, two sides: the routes of reads and writes are merged by path.

Each side's `urls.py` exports `routes = {path: {METHOD: view}}`. Django's `include` would answer 405
for the second side of a path; here the union is answered, and a clash fails at start.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from config.domains import domains
from config.problems import problem
from eventstore.leaving import Leaving

View = Callable[..., Any]
Lean = Callable[..., Awaitable[HttpResponse]]
Routes = Mapping[str, Mapping[str, View]]


def modules() -> list[Any]:
    """Every `urls.py` of the store, of both engines, access, webhooks and each domain."""
    names = [
        "eventstore.urls",
        "commands.access.urls",
        "commands.engine.urls",
        "commands.webhooks.urls",
        "projections.engine.urls",
        *(
            f"{domain}.urls"
            for side in ("commands", "projections")
            for domain in domains(side, "urls.py")
        ),
    ]
    return [import_module(name) for name in names if find_spec(name)]


def merged(*sides: Routes) -> dict[str, dict[str, View]]:
    """The routes of all sides by path.

    Raises:
        ImproperlyConfigured: two sides claim one method of one path, or spell one path in two ways.
    """
    found: dict[str, dict[str, View]] = defaultdict(dict)
    spelled: dict[str, str] = {}
    for side in sides:
        for address, views in side.items():
            # Arguments of other names make two patterns, of which the second is never reached.
            first = spelled.setdefault(re.sub(r":\w+>", ">", address), address)
            if first != address:
                raise ImproperlyConfigured(f"{address} and {first} are one path: name it once")
            for method, view in views.items():
                if method in found[address]:
                    raise ImproperlyConfigured(f"{method} {address} is claimed twice")
                found[address][method] = view
    return dict(found)


class Address:
    """One path of the API: hands each method to the side that has it."""

    # Sessions are checked for CSRF by the API's own authentication, tokens need no such check.
    csrf_exempt = True

    def __init__(self, views: Mapping[str, View]) -> None:
        self.views = views
        methods = {*views, "OPTIONS", *(["HEAD"] if "GET" in views else [])}
        self.allowed = ", ".join(sorted(methods))

    def __call__(self, request: HttpRequest, **arguments: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method in self.views:
            return self._told(self.views[method](request, **arguments), method)
        headers = {"Allow": self.allowed}
        if method == "OPTIONS":
            return HttpResponse(status=204, headers=headers)
        return problem("method-not-allowed", f"This address takes {self.allowed}.", headers=headers)

    def lean(self, method: str | None) -> Lean | None:
        """What answers this method within an event loop, if anything does."""
        method = "GET" if method == "HEAD" else method or ""
        view = getattr(getattr(self.views.get(method), "cls", None), "lean", None)
        if view is None:
            return None

        async def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
            return self._told(await view(request, **arguments), method)

        return answer

    def _told(self, answer: HttpResponse, method: str) -> HttpResponse:
        answer.headers["Allow"] = self.allowed
        if leaving := leaving_of(self.views[method]):
            leaving.tell(answer)
        return answer


def leaving_of(view: View) -> Leaving | None:
    """Since when an operation is deprecated, if it is."""
    return getattr(getattr(view, "cls", None), "leaving", None)


def routes() -> dict[str, dict[str, View]]:
    """The API's addresses, below /api/v1/, each with its views by method."""
    return merged(*(module.routes for module in modules() if hasattr(module, "routes")))


def api_urlpatterns() -> list[URLPattern]:
    """What answers at the API's addresses."""
    found = routes()
    for address, views in found.items():
        for view in views.values():
            check = getattr(getattr(view, "cls", None), "check_address", None)
            if check:
                check(address)
    return [path(address, Address(views)) for address, views in found.items()]


def page_urlpatterns() -> list[URLPattern]:
    """The pages of both sides."""
    return [pattern for module in modules() for pattern in getattr(module, "urlpatterns", [])]
