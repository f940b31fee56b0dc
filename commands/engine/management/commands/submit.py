"""Any command from the shell."""

import sys
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from commands.access.people import principal_named
from commands.engine.decider import handlers
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import Busy, Malformed
from commands.engine.outcomes import Outcome
from commands.engine.parsing import parse
from eventstore.server import unfit

SUCCEEDED, REFUSED, MALFORMED, FAILED = 0, 1, 2, 4


class Command(BaseCommand):
    help = (
        "Send a command through the same handler as the API and print its outcome as JSON.\n"
        "Exit code: 0 succeeded, 1 refused, 2 malformed, 4 failed.\n\n"
        "Example:\n  python manage.py submit post_transfer "
        '\'{"from": "a", "to": "b", "amount": 5}\''
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="COMMAND", help=f"one of {', '.join(handlers())}")
        parser.add_argument("json", metavar="JSON", help="its body, or - to read standard input")
        parser.add_argument("--key", help="an idempotency key: asking again changes nothing more")
        parser.add_argument("--as", dest="user", default="system", help="act as this user")

    def handle(self, *, name: str, json: str, key: str | None, user: str, **options: Any) -> None:
        wrong = unfit()
        if wrong:
            raise CommandError(" ".join(wrong))
        principal = principal_named(user)
        if principal is None:
            raise CommandError(f"There is no user {user!r}; make one with create_user.")
        body = sys.stdin.buffer.read() if json == "-" else json.encode("utf-8", "surrogateescape")
        try:
            asked = submission(name, parse(body), principal=principal, key=key, source="cli")
        except Malformed as error:
            errors = [{"pointer": pointer, "detail": detail} for pointer, detail in error.errors]
            self._finish({"status": "malformed", "errors": errors}, MALFORMED)
        try:
            outcome = dispatch(asked)
        except Busy as error:
            self._finish({"status": "failed", "code": error.code, "detail": error.detail}, FAILED)
        self._finish(_shown(outcome), SUCCEEDED if outcome.succeeded else REFUSED)

    def _finish(self, outcome: dict[str, Any], code: int) -> None:
        self.stdout.write(orjson.dumps(outcome, option=orjson.OPT_INDENT_2).decode())
        if code:
            sys.exit(code)


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "http_status": outcome.http_status,
        "replayed": outcome.replayed,
        **outcome.body,
    }
