"""A management command that tells what it did: people in a sentence, programs as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser


class ReportingCommand(BaseCommand):
    """Has `--json`; subclasses tell what came of them by `report`, as the last they do."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the result as a line of JSON")

    def report(self, sentence: str, facts: Mapping[str, Any], *, as_json: bool) -> None:
        """Say this on standard output, and nothing else."""
        self.stdout.write(orjson.dumps(facts).decode() if as_json else sentence)
