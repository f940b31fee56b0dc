"""Recompute everything from the events, and compare."""

import sys
from itertools import islice
from time import monotonic
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from eventstore.store import EventStoreError, latest_position
from eventstore.verification import Check, Finding, checks

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Recompute everything from the events and compare: positions, versions, digests and seals, "
        "double entry, requests, cached states, every row of every read table. "
        "Exit code 0: nothing differs; 1: something does.\n\n"
        "Example:\n  python manage.py verify --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(each.name for each in checks())
        parser.add_argument("names", nargs="*", metavar="CHECK", help=f"of: {names}; or all")
        parser.add_argument("--json", action="store_true", help="the result as JSON")
        parser.add_argument(
            "--repair", action="store_true", help="make read tables that differ anew"
        )

    def handle(self, *, names: list[str], json: bool, repair: bool, **options: Any) -> None:
        known = {each.name: each for each in checks()}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CommandError(f"There is no check {unknown[0]!r}; there are {', '.join(known)}.")
        upto = latest_position()
        results = [
            self._run(known[name], upto, quiet=json, repair=repair) for name in names or known
        ]
        clean = all(result["clean"] for result in results)
        if json:
            report = {"position": upto, "clean": clean, "checks": results}
            self.stdout.write(orjson.dumps(report).decode())
        else:
            self.stdout.write(
                f"Nothing differs up to position {upto}." if clean else "Something differs."
            )
        if not clean:
            sys.exit(1)

    def _run(self, check: Check, upto: int, *, quiet: bool, repair: bool) -> dict[str, Any]:
        started = monotonic()
        found = self._find(check, upto)
        repaired = bool(found and repair and check.repair)
        if repaired and check.repair:
            check.repair()
            remaining = self._find(check, upto)
        else:
            remaining = found
        if not quiet:
            self._tell(check, found, monotonic() - started, repaired=repaired)
        return {
            "name": check.name,
            "clean": not remaining,
            "repaired": repaired,
            "findings": [{"where": f.where, "what": f.what} for f in found[:SHOWN]],
            "more": len(found) > SHOWN,
        }

    def _find(self, check: Check, upto: int) -> list[Finding]:
        """The first findings; what keeps a check from reading on is one of them."""
        found: list[Finding] = []
        try:
            found.extend(islice(check.find(upto, self._progress(check.name)), SHOWN + 1))
        except (EventStoreError, DatabaseError) as error:
            said = str(error).splitlines()[0]
            found.append(Finding("the check", f"it cannot go on: {said}"))
        return found

    def _tell(self, check: Check, found: list[Finding], seconds: float, *, repaired: bool) -> None:
        verdict = "repaired" if repaired else "DIFFERS" if found else "ok"
        self.stdout.write(f"{check.name:<14} {verdict}   {seconds:.1f} s")
        for finding in found[:SHOWN]:
            self.stdout.write(f"    {finding.where}: {finding.what}")
        if len(found) > SHOWN:
            self.stdout.write("    … and more")

    def _progress(self, name: str) -> Any:
        def show(done: int, total: int) -> None:
            if self.stderr.isatty():
                end = "\r\033[K" if done >= total else ""
                self.stderr.write(f"\r{name}: {done:,} of {total:,}{end}", ending="")

        return show
