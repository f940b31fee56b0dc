"""The language of a page: the one that was chosen, else what the browser asks for.

The API, the admin and commands speak English: programs and operators look their words up.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import activate, get_language_from_request

from config.problems import API

ENGLISH = (API, "/admin/")
"""Where addresses begin that are answered in English to everybody."""


def spoken(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., object]:
    """Answer each request in its language, as a middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ENGLISH):
            activate(settings.LANGUAGE_CODE)
            return get_response(request)
        language = get_language_from_request(request)
        activate(language)
        response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    return middleware
