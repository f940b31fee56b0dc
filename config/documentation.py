"""The API described: its OpenAPI document for programs, and a page that shows it to people."""

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from config.middleware import POLICY
from config.openapi import document

OPENAPI_JSON = "application/vnd.oai.openapi+json"


def schema(request: HttpRequest) -> HttpResponse:
    """The document; everybody may read it."""
    return HttpResponse(
        _written(), content_type=OPENAPI_JSON, headers={"Cache-Control": "no-cache"}
    )


@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Swagger UI on that document; who is logged in can try it out."""
    answer = render(request, "documentation.html")
    # Its stylesheet has pictures within it.
    answer.headers["Content-Security-Policy"] = f"{POLICY}; img-src 'self' data:"
    return answer


@cache
def _written() -> bytes:
    return json.dumps(document(), ensure_ascii=False).encode()
