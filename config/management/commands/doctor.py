"""One page on how everything is."""

import sys
from dataclasses import asdict
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser

from config.doctor import examine
from config.doctor.lines import OK, PROBLEM, WARNING, Line

STATES = (OK, WARNING, PROBLEM)


class Command(BaseCommand):
    help = (
        "Look at everything an operator looks at, and say of each whether it is ok, and what to do "
        "if not: settings, disk, database, log, workers, queue, read tables, listeners, webhooks, "
        "the last `verify`, clocks. It changes nothing.\n\n"
        "Exit code: 0 no problem, though there may be warnings; 1 a problem.\n\n"
        "Examples:\n"
        "  python manage.py doctor\n"
        "  python manage.py doctor --json"
    )
    # What they find is a line like others.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="the same as JSON")

    def handle(self, *, json: bool, **options: Any) -> None:
        lines = []
        for line in examine():
            lines.append(line)
            if not json:
                self._tell(line)
        worst = max((line.state for line in lines), key=STATES.index)
        if json:
            report = {"state": worst, "lines": [asdict(line) for line in lines]}
            self.stdout.write(orjson.dumps(report).decode())
        else:
            many = {state: sum(line.state == state for line in lines) for state in STATES}
            self.stdout.write(
                f"{many[OK]} ok, {many[WARNING]} to look at, {many[PROBLEM]} to be mended."
            )
        if worst == PROBLEM:
            sys.exit(1)

    def _tell(self, line: Line) -> None:
        colours = {OK: self.style.SUCCESS, WARNING: self.style.WARNING, PROBLEM: self.style.ERROR}
        state = colours[line.state](f"{line.state:<8}")
        self.stdout.write(f"{state} {line.name:<14} {line.says}")
        if line.do:
            self.stdout.write(f"{'':<23} → {line.do}")
