"""Recompute everything from the events, and compare."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from config import verified
from eventstore import head
from eventstore.errors import EventStoreError, first_line, in_a_line
from eventstore.folding import UNREADABLE
from eventstore.log_checks import sealed_before
from eventstore.progress import Progress
from eventstore.reading import position_before
from eventstore.verification import Check, Finding, checks

log = logging.getLogger(__name__)

SHOWN = 20

HELP = """\
Recompute everything from the events and compare: positions, versions, digests and seals, double
entry, requests, cached states, every row of every read table. What a run over all checks found is
remembered for `doctor`.

Exit code: 0 nothing differs, 1 something does, or it could not be done.

Example, for every night:
  python manage.py verify --since 2026-11-28 --export-head head.json"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(each.name for each in checks())
        add = parser.add_argument
        add("names", nargs="*", metavar="CHECK", help=f"of: {names}; or all")
        add("--json", action="store_true", help="the result as JSON")
        add("--repair", action="store_true", help="make read tables that differ anew")
        add(
            "--since", metavar="POSITION|DATE", help="check only what was recorded after a position"
            " or from a date (UTC) on; read tables are compared as a whole, so only if named",
        )  # fmt: skip
        add(
            "--against", metavar="FILE", action="append", default=[],
            help="see that the log still has a head that was exported; may be repeated",
        )  # fmt: skip
        add(
            "--export-head", metavar="FILE", default="",
            help="write the log's head, if nothing differs, as JSON; - is standard output",
        )  # fmt: skip

    def handle(self, *, names: list[str], json: bool, export_head: str, **options: Any) -> None:
        if json and export_head == "-":
            raise CommandError("--json and --export-head - both write to standard output.")
        chosen = self._chosen(names)
        known = {file: _known(file) for file in options["against"]}
        chosen += [_against(each) for each in known.values()]
        now = head.current()
        since = _position(options["since"], now.position)
        self._out = self.stderr if export_head == "-" else self.stdout
        self._quiet, self._repair = json, options["repair"]
        self._after, self._upto = sealed_before(since or 0), now.position
        results = [
            self._leave_out(check)
            if since is not None and check.whole and not names
            else self._run(check)
            for check in chosen
        ]
        if not json:
            self._name_epochs(now, known)
        clean = not any(result["clean"] is False for result in results)
        if not names:
            self._remember(now, results)
        self._conclude(clean, now, results)
        if not clean:
            sys.exit(1)
        if export_head:
            self._export(now, export_head)

    def _chosen(self, names: list[str]) -> list[Check]:
        known = {each.name: each for each in checks()}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CommandError(f"There is no check {unknown[0]!r}; there are {', '.join(known)}.")
        return [known[name] for name in names or known]

    def _leave_out(self, check: Check) -> dict[str, Any]:
        if not self._quiet:
            self._write(f"{check.name:<14} left out: it compares everything, or nothing")
        nothing = {"repaired": False, "findings": [], "more": False}
        return {"name": check.name, "clean": None, "skipped": True, **nothing}

    def _run(self, check: Check) -> dict[str, Any]:
        started = monotonic()
        found = remaining = self._find(check)
        repaired = False
        if found and self._repair and check.repair:
            try:
                check.repair()
            except (EventStoreError, DatabaseError) as error:
                found.insert(0, Finding("the repair", first_line(error)))
            except Exception as error:
                log.exception("%s could not be repaired", check.name)
                found.insert(0, Finding("the repair", in_a_line(error)))
            else:
                repaired, remaining = True, self._find(check)
        if not self._quiet:
            self._tell(check, found, monotonic() - started, repaired=repaired)
        return {
            "name": check.name,
            "clean": not remaining,
            "skipped": False,
            "repaired": repaired,
            "findings": [{"where": f.where, "what": f.what, **f.facts} for f in found[:SHOWN]],
            "more": len(found) > SHOWN,
        }

    def _find(self, check: Check) -> list[Finding]:
        """The first findings; what keeps a check from reading on is one of them."""
        found: list[Finding] = []
        progress: Callable[[int, int], None] = (
            (lambda done, total: None) if self._quiet else Progress(self.stderr, check.name)
        )
        try:
            found.extend(islice(check.find(self._upto, progress, self._after), SHOWN + 1))
        except (EventStoreError, DatabaseError, *UNREADABLE) as error:
            found.append(Finding("the check", f"it cannot go on: {first_line(error)}"))
        return found

    def _tell(self, check: Check, found: list[Finding], seconds: float, *, repaired: bool) -> None:
        verdict = "repaired" if repaired else "DIFFERS" if found else "ok"
        self._write(f"{check.name:<14} {verdict}   {seconds:.1f} s")
        for finding in found[:SHOWN]:
            self._write(f"    {finding.where}: {finding.what}")
        if len(found) > SHOWN:
            self._write("    … and more")

    def _name_epochs(self, now: head.Head, known: dict[str, head.Head]) -> None:
        for file, each in known.items():
            if each.epoch != now.epoch:
                self._write(
                    f"The log is in epoch {now.epoch}, the head in {file} is of epoch {each.epoch}."
                )

    def _conclude(self, clean: bool, now: head.Head, results: list[dict[str, Any]]) -> None:
        if self._quiet:
            report = {
                "position": now.position,
                "since": self._after,
                "epoch": now.epoch,
                "clean": clean,
                "checks": results,
            }
            self._write(orjson.dumps(report).decode())
        elif clean:
            behind = f" after position {self._after}" if self._after else ""
            self._write(f"Nothing differs{behind} up to position {now.position}.")
        else:
            self._write("Something differs.")

    def _remember(self, now: head.Head, results: list[dict[str, Any]]) -> None:
        differs = tuple(each["name"] for each in results if each["clean"] is False)
        run = verified.Run(timezone.now(), self._after, now.position, now.epoch, differs)
        try:
            verified.remember(run)
        except OSError as error:
            self.stderr.write(f"`manage.py doctor` will not know of this: {error}")

    def _export(self, now: head.Head, file: str) -> None:
        if file == "-":
            self.stdout.write(now.text())
            return
        try:
            now.write(Path(file))
        except OSError as error:
            raise CommandError(f"The head cannot be written: {error}") from error

    def _write(self, line: str) -> None:
        self._out.write(line, str)


def _known(file: str) -> head.Head:
    """The head that was exported to this file."""
    try:
        return head.parse(Path(file).read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    except head.NoHead as error:
        raise CommandError(f"{file} is no exported head: {error}.") from error


def _against(known: head.Head) -> Check:
    """The check that the log still has a head that was exported."""
    name = f"head {known.position} of epoch {known.epoch}"
    return Check(name, lambda upto, progress, after=0: head.lost(known))


def _position(since: str | None, last: int) -> int | None:
    """The position that `--since` means: the last one that is not checked."""
    if since is None:
        return None
    if since.isascii() and since.isdigit():
        if int(since) > last:
            raise CommandError(f"The log ends at position {last}, before {since}.")
        return int(since)
    try:
        day = date.fromisoformat(since)
    except ValueError as error:
        raise CommandError(f"{since!r} is neither a position nor a date (YYYY-MM-DD).") from error
    return position_before(datetime.combine(day, time(), UTC))
