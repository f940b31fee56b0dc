"""Log lines: JSON for machines, colours for whoever looks at a terminal; each names its request."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from logging import LogRecord
from typing import Any

import orjson
import structlog
from django.utils.log import CallbackFilter

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered, in every line that is logged on the way."""


def _with_request(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    if id_ := REQUEST_ID.get():
        line["request_id"] = id_
    return line


SHARED: list[Any] = [
    _with_request,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _has_traceback(record: LogRecord) -> bool:
    return bool(record.exc_info)


def _json(line: dict[str, Any], *, default: Callable[[Any], Any]) -> str:
    return orjson.dumps(line, default=default).decode()


def configuration() -> dict[str, Any]:
    """Django's LOGGING: everything goes to standard error, one line each."""
    terminal = sys.stderr.isatty()
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "filters": {"failures": {"()": CallbackFilter, "callback": _has_traceback}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # An answer has a line of its own, with its request's id.
            "django.request": {"level": "ERROR", "filters": ["failures"]},
            "django.security": {"level": "CRITICAL"},
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }
