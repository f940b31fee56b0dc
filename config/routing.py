"""One address, two sides: the routes of reads and writes are merged by path.

Each side's `urls.py` exports `routes = {path: {METHOD: view}}`. Django's `include` would answer 405
for the second side of a path; here the union is answered, and a clash fails at start.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from config.domains import domains
from config.problems import problem

View = Callable[..., Any]
Routes = Mapping[str, Mapping[str, View]]


def modules() -> list[Any]:
    """Every `urls.py` of the store, of both engines and of each domain."""
    names = [
        "eventstore.urls",
        "commands.engine.urls",
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
    for routes in sides:
        for address, views in routes.items():
            # Arguments of other names make two patterns, of which the second is never reached.
            first = spelled.setdefault(re.sub(r":\w+>", ">", address), address)
            if first != address:
                raise ImproperlyConfigured(f"{address} and {first} are one path: name it once")
            for method, view in views.items():
                if method in found[address]:
                    raise ImproperlyConfigured(f"{method} {address} is claimed twice")
                found[address][method] = view
    return dict(found)


def dispatcher(views: Mapping[str, View]) -> View:
    """One view for a path: hands each method to the side that has it."""
    allowed = ", ".join(sorted({*views, "OPTIONS", *(["HEAD"] if "GET" in views else [])}))

    def dispatch(request: HttpRequest, **arguments: Any) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method in views:
            answer: HttpResponse = views[method](request, **arguments)
            answer.headers["Allow"] = allowed
            return answer
        if method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": allowed})
        return problem(
            "method-not-allowed", f"This address takes {allowed}.", headers={"Allow": allowed}
        )

    # Sessions are checked for CSRF by the API's own authentication, tokens need no such check.
    return csrf_exempt(dispatch)


def api_urlpatterns() -> list[URLPattern]:
    """The API's addresses, below /api/v1/."""
    routes = merged(*(module.routes for module in modules() if hasattr(module, "routes")))
    return [path(address, dispatcher(views)) for address, views in routes.items()]


def page_urlpatterns() -> list[URLPattern]:
    """The pages of both sides."""
    return [pattern for module in modules() for pattern in getattr(module, "urlpatterns", [])]
