"""Hold an account against somebody else's statement of it."""

from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore.events.currencies import to_decimal_text
from eventstore.terminal import harmless
from projections.engine.reading import snapshot
from projections.ledger import foreign, reconciling
from projections.ledger.foreign import Line, Unreadable
from projections.ledger.models import Balance, Entry, Hold, Transfer
from projections.ledger.reconciling import Reconciliation

DIFFERS, UNABLE = 1, 2
"""The exit codes of a comparison that found something, and of none."""


class Command(BaseCommand):
    help = (
        "Hold an account against a statement of it: a CSV file with the columns effective_on and "
        "amount, and perhaps reference, description and balance; amounts are decimals, negative "
        "where they lower the balance. Changes nothing.\n\n"
        "Exit code: 0 the two agree; 1 they differ, or the database fails; 2 the file cannot be "
        "read, or there is no such account.\n\n"
        "Example:\n  python manage.py reconcile assets:bank march.csv --days 5"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT")
        parser.add_argument("file", metavar="FILE", help="a CSV file")
        parser.add_argument(
            "--since", type=_day, metavar="DATE", help="by default the file's first"
        )
        parser.add_argument("--until", type=_day, metavar="DATE", help="by default the file's last")
        parser.add_argument(
            "--days",
            type=int,
            default=reconciling.NEAR,
            choices=range(reconciling.MOST_DAYS + 1),
            metavar="N",
            help="how far apart the dates of one line may be (3)",
        )
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *, account: str, file: str, json: bool, **options: Any) -> None:
        asked = {name: options[name] for name in ("since", "until", "days")}
        try:
            content = Path(file).read_bytes()
            with snapshot(Balance, Entry, Hold, Transfer):
                of = Balance.objects.filter(account=account).first()
                if of is None:
                    said = f"There is no account {account!r}."
                    raise CommandError(said, returncode=UNABLE)
                lines = foreign.read(content, of.exponent)
                found = reconciling.reconcile(of, lines, **asked)
        except OSError as error:
            said = f"{file} cannot be read: {error.strerror or error}."
            raise CommandError(said, returncode=UNABLE) from error
        except Unreadable as error:
            raise CommandError("\n".join(error.sentences), returncode=UNABLE) from error
        if json:
            report = {**asdict(found, dict_factory=_in_digits), "agrees": found.agrees}
            self.stdout.write(orjson.dumps(report).decode())
        else:
            self._tell(found, of.exponent)
        if not found.agrees:
            raise SystemExit(DIFFERS)

    def _tell(self, found: Reconciliation, exponent: int) -> None:
        for pair in found.near:
            self._say("near", pair.theirs, exponent, f"{pair.ours.effective_on} in the ledger")
        for line in found.missing:
            self._say("missing", line, exponent, f"line {line.place}")
        for line in found.extra:
            self._say("extra", line, exponent, f"position {line.place}")
        for line in found.broken:
            self._say("broken", line, exponent, f"line {line.place}: its balance does not follow")
        for edge in found.edges:
            theirs, ours = (to_decimal_text(each, exponent) for each in (edge.theirs, edge.ours))
            said = "as in the ledger" if theirs == ours else f"{ours} in the ledger"
            self.stdout.write(f"{edge.name} balance {theirs}, {said}")
        counts = (f"{len(getattr(found, name)):,} {name}" for name in reconciling.KINDS)
        self.stdout.write(f"{found.since} to {found.until}: {', '.join(counts)}")

    def _say(self, kind: str, line: Line, exponent: int, where: str) -> None:
        amount = to_decimal_text(line.amount, exponent)
        texts = harmless(f"{line.reference} {line.description}".strip())
        self.stdout.write(f"{kind:8} {line.effective_on} {amount:>16}  {texts} ({where})")


def _in_digits(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Amounts are strings of digits, as everywhere in JSON; where a line stands is a number."""
    return {
        name: str(value) if isinstance(value, int) and name != "place" else value
        for name, value in pairs
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2026-01-31") from None
