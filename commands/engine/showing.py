"""Requests as pages show them: what was asked, in words, and what came of it."""

from typing import Any

from commands.engine import bulk, bulk_page, queries, readable
from commands.engine.decider import handlers
from commands.engine.models import Request
from commands.engine.requests import dumps


def shown(of: Request) -> dict[str, Any]:
    """A request as its pages show it."""
    return {
        "row": of,
        "words": readable.phrase(of.command),
        "brief": [f"requests/{of.command}.brief.html"] * _is_readable(of) + ["requests/_none.html"],
        "result": queries.outcome(of),
    }


def what_was_asked(of: Request) -> dict[str, Any]:
    """A request with all that was asked for, as its own page shows it."""
    return {**shown(of), "asked": _templates(of), "pairs": _pairs(of)}


def parts(of: Request, *, only_refused: bool) -> dict[str, Any]:
    """How far a bulk is, what came of its commands and, while that is nothing, what they are."""
    if of.command != bulk.NAME or of.status == "malformed":
        return {}
    progress, found = bulk_page.parts(of, only_refused=only_refused)
    items = [{**shown(each.row), "line": each.line, "already": each.already} for each in found]
    return {"bulk": progress, "items": items, "commands": _commands(of)}


def _commands(of: Request) -> list[dict[str, Any]]:
    """What a bulk asked for, command by command; of many the first."""
    if not _is_readable(of):
        return []
    return [
        {
            "words": readable.phrase(each["command"]),
            "brief": [f"requests/{each['command']}.brief.html", "requests/_none.html"],
            "row": {"payload": each["data"]},
        }
        for each in of.payload["commands"][: bulk_page.SHOWN]
    ]


def may_be_asked_again(of: Request) -> bool:
    """Whether it was one command, is still kept, and may be asked for by people."""
    handler = handlers().get(of.command)
    return bool(handler and not handler.internal and of.payload is not None and of.fingerprint)


def _templates(of: Request) -> list[str]:
    """What shows what was asked: a command may do so in its own way."""
    if of.payload is None and of.command != bulk.NAME:
        return ["requests/_forgotten.html"]
    own = _is_readable(of) or of.payload is None
    return [f"requests/{of.command}.html"] * own + ["requests/_any.html"]


def _pairs(of: Request) -> list[tuple[str, str]]:
    """What was asked, name by name; what is no text as JSON."""
    return [
        (name, value if isinstance(value, str) else dumps(value))
        for name, value in (of.payload or {}).items()
    ]


def _is_readable(of: Request) -> bool:
    """Whether what was asked is still kept, and was ever in the form of its command."""
    return of.payload is not None and bool(of.fingerprint)
