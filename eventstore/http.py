"""What queries over HTTP have in common: strict parameters, and ways to end without an answer."""

import re
from collections.abc import Mapping
from datetime import date

from rest_framework.request import Request


class BadRequest(Exception):
    """The query does not say what it must; each error points at its parameter."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(detail for _, detail in errors))
        self.errors = errors


class NotFound(Exception):
    """There is nothing here, or it is not yours to see."""


class LogRestored(Exception):
    """The log was restored since this cursor was given: begin again at the first page."""


def parameters(request: Request, known: set[str]) -> dict[str, str]:
    """The query's parameters, each given once and known."""
    errors = [(name, "There is no such parameter.") for name in request.GET if name not in known]
    errors += [
        (name, "This is given twice.")
        for name, values in request.GET.lists()
        if name in known and len(values) > 1
    ]
    errors += [
        (name, "A NUL character is refused.")
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
        raise BadRequest([(name, f"This is an integer from {least} to {most}.")])
    return int(text)


def flag(given: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false; false when it is absent."""
    text = given.get(name, "false")
    if text not in ("true", "false"):
        raise BadRequest([(name, "This is true or false.")])
    return text == "true"


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
    raise BadRequest([(name, "This is a date like 2026-01-31.")])
