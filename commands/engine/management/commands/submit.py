"""Any command from the shell."""

import sys
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from commands.access.people import principal_named
from commands.engine.dispatch import dispatch, names, submission
from commands.engine.errors import Busy, Malformed, OutcomeUnknown
from commands.engine.outcomes import Outcome
from commands.engine.parsing import parse
from eventstore.server import unfit

SUCCEEDED, REFUSED, MALFORMED, FAILED = 0, 1, 2, 4
AGAIN = "With a --key the same can be sent again; without one, look first whether it was done."


class Command(BaseCommand):
    help = (
        "Send a command through the same handler as the API and print its outcome as JSON.\n"
        "Exit code: 0 succeeded, 1 refused, 2 malformed, 4 failed.\n\n"
        "Example:\n  python manage.py submit post_transfer "
        '\'{"from": "a", "to": "b", "amount": 5}\''
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="COMMAND", help=f"one of {', '.join(names())}")
        parser.add_argument("json", metavar="JSON", help="its body, or - to read standard input")
        parser.add_argument("--key", help="an idempotency key: asking again changes nothing more")
        parser.add_argument("--as", dest="user", default="system", help="act as this user")

    def handle(self, *, name: str, json: str, key: str | None, user: str, **options: Any) -> None:
        try:
            code, outcome = self._asked(name, json, key, user)
        except Malformed as error:
            errors = [{"pointer": pointer, "detail": detail} for pointer, detail in error.errors]
            code, outcome = MALFORMED, {"status": "malformed", "errors": errors}
        except (Busy, OutcomeUnknown) as error:
            code, outcome = _failed(error.code, error.detail)
        except Error as error:
            said = str(error).partition("\n")[0].rstrip(".")
            code, outcome = _failed("unavailable", f"The database fails: {said}. {AGAIN}")
        self.stdout.write(orjson.dumps(outcome, option=orjson.OPT_INDENT_2).decode())
        if code:
            sys.exit(code)

    def _asked(
        self, name: str, json: str, key: str | None, user: str
    ) -> tuple[int, dict[str, Any]]:
        wrong = unfit()
        if wrong:
            return _failed("unavailable", " ".join(wrong))
        principal = principal_named(user)
        if principal is None:
            raise Malformed([("", f"There is no user {user!a}; make one with create_user.")])
        body = sys.stdin.buffer.read() if json == "-" else json.encode("utf-8", "surrogateescape")
        # A name that is no UTF-8 is no command's; the answer must be text all the same.
        name = name.encode(errors="replace").decode()
        asked = submission(name, parse(body), principal=principal, key=key, source="cli")
        outcome = dispatch(asked)
        return SUCCEEDED if outcome.succeeded else REFUSED, _shown(outcome)


def _failed(code: str, detail: str) -> tuple[int, dict[str, Any]]:
    return FAILED, {"status": "failed", "code": code, "detail": detail}


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "http_status": outcome.http_status,
        "replayed": outcome.replayed,
        **outcome.body,
    }
