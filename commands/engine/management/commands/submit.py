"""Any command from the shell."""

import sys
from argparse import ArgumentTypeError
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from commands.access.people import principal_named
from commands.engine.attempts import UNKNOWN, Attempt, remember_malformed
from commands.engine.awaiting import outcome_of
from commands.engine.dispatch import dispatch, names, submission
from commands.engine.errors import Busy, Malformed, OutcomeUnknown
from commands.engine.outcomes import Outcome, Submission
from commands.engine.parsing import parse
from commands.engine.preferences import MAX_WAIT
from commands.engine.run import rehearse
from eventstore.server import unfit

CODES = {"succeeded": 0, "refused": 1, "malformed": 2, "accepted": 3, "failed": 4}
"""The exit code of each outcome."""
AGAIN = "With a --key the same can be sent again; without one, look first whether it was done."


def seconds(text: str) -> int:
    """Whole seconds to wait.

    Raises:
        ArgumentTypeError: it is something else.
    """
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_WAIT):
        raise ArgumentTypeError(f"{text!a} is no number of seconds from 1 to {MAX_WAIT}")
    return int(text)


class Command(BaseCommand):
    help = (
        "Send a command through the same handler as the API and print its outcome as JSON.\n"
        "Exit code: 0 succeeded, 1 refused, 2 malformed, 3 accepted and pending, 4 failed.\n\n"
        "Example:\n  python manage.py submit post_transfer "
        '\'{"from": "a", "to": "b", "amount": 5}\' --dry-run'
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="COMMAND", help=f"one of {', '.join(names())}")
        parser.add_argument("json", metavar="JSON", help="its body, or - to read standard input")
        parser.add_argument("--key", help="an idempotency key: asking again changes nothing more")
        road = parser.add_mutually_exclusive_group()
        road.add_argument(
            "--async", dest="later", action="store_true", help="have it done later by a worker"
        )
        road.add_argument(
            "--wait",
            type=seconds,
            metavar="SECONDS",
            help="have it done by a worker, and wait so long for what comes of it",
        )
        road.add_argument(
            "--dry-run", action="store_true", help="show what would come of it, and change nothing"
        )
        parser.add_argument("--as", dest="user", default="system", help="act as this user")

    def handle(self, *, dry_run: bool, wait: int | None, **options: Any) -> None:
        try:
            if wrong := unfit():
                outcome = _failed("unavailable", " ".join(wrong))
            else:
                road = "queued" if options["later"] else "gateway" if wait else "awaited"
                asked = self._asked(road=road, dry_run=dry_run, **options)
                outcome = _shown(_outcome(asked, dry_run=dry_run, wait=wait or 0))
        except Malformed as error:
            errors = [{"pointer": pointer, "detail": detail} for pointer, detail in error.errors]
            outcome = {"status": "malformed", "errors": errors}
        except (Busy, OutcomeUnknown) as error:
            outcome = _failed(error.code, error.detail)
        except Error as error:
            said = str(error).partition("\n")[0].rstrip(".")
            outcome = _failed("unavailable", f"The database fails: {said}. {AGAIN}")
        self.stdout.write(orjson.dumps(outcome, option=orjson.OPT_INDENT_2).decode())
        if code := CODES[outcome["status"]]:
            sys.exit(code)

    def _asked(
        self,
        *,
        name: str,
        json: str,
        key: str | None,
        user: str,
        road: str,
        dry_run: bool,
        **options: Any,
    ) -> Submission:
        principal = principal_named(user)
        if principal is None:
            raise Malformed([("", f"There is no user {user!a}; make one with create_user.")])
        body = sys.stdin.buffer.read() if json == "-" else json.encode("utf-8", "surrogateescape")
        # A name that is no UTF-8 is no command's; the answer must be text all the same.
        name = name.encode(errors="replace").decode()
        about: dict[str, Any] = {"source": "cli", "road": road, "later": road != "awaited"}
        try:
            return submission(name, parse(body), principal=principal, key=key, **about)
        except Malformed as error:
            if not dry_run:
                known = name if name in names() else UNKNOWN
                attempt = Attempt(known, "cli", body, road=road, principal=principal.user)
                remember_malformed(attempt, error)
            raise


def _outcome(asked: Submission, *, dry_run: bool, wait: int) -> Outcome:
    if dry_run:
        return rehearse(asked)[0]
    outcome = dispatch(asked)
    if outcome.is_accepted and wait:
        return outcome_of(outcome, asked.principal.user, wait)
    return outcome


def _failed(code: str, detail: str) -> dict[str, Any]:
    return {"status": "failed", "code": code, "detail": detail}


def _shown(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "http_status": outcome.http_status,
        "replayed": outcome.replayed,
        **outcome.body,
    }
