"""What queries over HTTP have in common: strict parameters, headers, and refusals."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import orjson
from django.http import HttpRequest
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from eventstore.epoch import current

SEE = "See errors for what is wrong and where."


class BadRequest(Exception):
    """The query does not say what it must; each error points at its parameter."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(detail for _, detail in errors))
        self.errors = errors


class NotFound(Exception):
    """There is nothing here, or it is not yours to see."""


class LogRestored(Exception):
    """The log was restored since this cursor was given: begin again at the first page."""


class ViewBehind(Exception):
    """The view is not as far as the position asked for; ask again a little later."""

    def __init__(self, position: int) -> None:
        super().__init__(f"The view is at position {position}.")
        self.position = position


class Negotiation(DefaultContentNegotiation):
    """What nearly all clients accept is told without looking at each media type."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        if accepts_json(request):
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class Renderer(JSONRenderer):
    """JSON by a faster writer, unless a client wants it spaced."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is not None and accepted_media_type == self.media_type:
            return to_json(data)
        return super().render(data, accepted_media_type, renderer_context)


def accepts_json(request: HttpRequest | Request) -> bool:
    """Whether the client says, in one of the usual ways, that it takes what all answers are."""
    accepted = request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json")
    return accepted and not request.META.get("QUERY_STRING")


def to_json(data: Any) -> bytes:
    """JSON; integers may be longer than the fast writer takes."""
    try:
        return orjson.dumps(data)
    except orjson.JSONEncodeError:
        return JSONRenderer().render(data)


def parameters(request: HttpRequest | Request, known: set[str]) -> dict[str, str]:
    """The query's parameters, each given once and known."""
    if not request.META.get("QUERY_STRING"):
        return {}
    errors = [(name, _("There is no such parameter.")) for name in request.GET if name not in known]
    errors += [
        (name, _("This is given twice."))
        for name, values in request.GET.lists()
        if name in known and len(values) > 1
    ]
    errors += [
        (name, _("A NUL character is refused."))
        for name, value in request.GET.items()
        if "\0" in value
    ]
    if errors:
        raise BadRequest(errors)
    return {name: request.GET[name] for name in request.GET}


def integer(given: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """A parameter as an integer within bounds."""
    text = given.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,19}", text, re.ASCII) or not least <= int(text) <= most:
        said = _("This must be an integer from {least} to {most}.")
        raise BadRequest([(name, said.format(least=least, most=most))])
    return int(text)


def flag(given: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false; false when it is absent."""
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest([(name, _("This must be true or false."))])
    return text == "true"


def choice(given: Mapping[str, str], name: str, known: Collection[str]) -> str | None:
    """A parameter that is one of these words; None when it is absent."""
    text = given.get(name)
    if text is not None and text not in known:
        said = _("This must be one of: {choices}.")
        raise BadRequest([(name, said.format(choices=", ".join(known)))])
    return text


def day(given: Mapping[str, str], name: str) -> date | None:
    """A parameter as a date."""
    text = given.get(name)
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadRequest([(name, _("This must be a date like 2026-01-31."))])


def moment(given: Mapping[str, str], name: str) -> datetime | None:
    """A parameter as a point in time (RFC 3339)."""
    text = given.get(name)
    if text is None:
        return None
    # A plus sign that was not escaped is a space in a query.
    found = instant(text.replace(" ", "+"))
    if found is None:
        raise BadRequest([(name, _(NO_INSTANT))])
    return found


NO_INSTANT = gettext_noop("This must be a time like 2026-01-31T12:00:00Z.")


def instant(text: str) -> datetime | None:
    """A point in time as RFC 3339 has it, in UTC; None when the text is none since 1970."""
    try:
        found = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _INSTANT.fullmatch(text) and found.year >= 1970 else None


_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def answer(
    request: Request, body: dict[str, Any], position: int, *, fixed: bool = False, **headers: str
) -> Response:
    """A read's answer, which says at which position of which epoch it was read.

    A list's `next` is also a link (RFC 8288). Who keeps the answer asks again before it is used:
    what is available changes with the clock, and who may see it with time. One that is `fixed` at a
    position is not sent again to who has it.
    """
    found = {
        "Daybook-Position": str(position),
        "Daybook-Epoch": str(current()),
        "Cache-Control": "no-cache",
        **headers,
    }
    if body.get("next"):
        query = request.GET.copy()
        query["cursor"] = body["next"]
        found["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    if fixed:
        found.setdefault("ETag", f'"{sha256(to_json(body)).hexdigest()[:32]}"')
        if has_already(request, found["ETag"]):
            return Response(status=304, headers=found)
    return Response(body, headers=found)


def has_already(request: HttpRequest | Request, etag: str) -> bool:
    """Whether who asks has what bears this ETag (`If-None-Match`, RFC 9110)."""
    given = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return "*" in given or etag in {each.removeprefix("W/") for each in given}


def problem_body(
    code: str,
    status: int,
    detail: str,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A problem (RFC 9457); its title is the code in words."""
    return {
        **(facts or {}),
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": list(errors),
    }


def pointed(errors: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Errors of a body, each with the pointer (RFC 6901) to its place."""
    return [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
