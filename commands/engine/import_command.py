"""What the management commands that import a file have in common."""

import csv
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar, TextIO

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from commands.access.people import principal_named
from commands.engine.errors import Busy, Malformed, OutcomeUnknown
from commands.engine.importing import (
    BATCH,
    REASON,
    REFUSED,
    Item,
    Rejected,
    Row,
    Tally,
    open_text,
    read_rows,
    run_import,
    series_of,
    with_reason,
)

CODES = """\
Exit code: 0 all is imported, or was there already; 1 rows were refused, or it could not be done.\
"""


class ImportCommand(BaseCommand):
    """Read a CSV file, send its rows through the handler, report what was refused."""

    command: ClassVar[str]
    columns: ClassVar[Sequence[str]]

    def items(self, rows: Iterable[Row]) -> Iterator[Item]:
        """The commands that rows of the file make."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a CSV file, .gz, .xz, or - for input")
        parser.add_argument("--series", help="what names the import; by default the file's name")
        parser.add_argument("--as", dest="user", default="system", help="act as this user")
        parser.add_argument("--stop-on-refusal", action="store_true", help="stop at the first one")
        parser.add_argument("--json", action="store_true", help="the counts as JSON")

    def handle(
        self, *, file: str, series: str | None, user: str, stop_on_refusal: bool, **options: Any
    ) -> None:
        if file == "-" and not series:
            raise CommandError("Standard input has no name: say --series NAME.")
        principal = principal_named(user)
        if principal is None:
            raise CommandError(f"There is no user {user!r}; make one with create_user.")
        started, self._reached = monotonic(), 0
        report = _Refusals(file, self.columns, stop=stop_on_refusal)
        try:
            report.forget()
            with closing(open_text(file)) as text, closing(report):
                tally = run_import(
                    self.command,
                    self.items(read_rows(text, self.columns)),
                    series=series or series_of(file),
                    principal=principal,
                    refuse=report,
                    progress=lambda tally: self._progress(tally, monotonic() - started),
                    batch=1 if stop_on_refusal else BATCH,
                )
        except OSError as error:
            written = str(error.filename) == str(report.path)
            what = f"{report.path} cannot be written" if written else f"{file} cannot be read"
            raise CommandError(f"{what}: {error.strerror or error}.") from error
        except Malformed as error:
            said = f"{file}: {error.errors[0][1]} What is done stays done."
            raise CommandError(said) from error
        except (Busy, OutcomeUnknown) as error:
            raise CommandError(f"{error} What is done stays done: run it again.") from error
        except Rejected as error:
            raise CommandError(f"{error} What came before it stays done.") from error
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped after {self._reached:,} rows' commands; what is done stays done. The same"
                " command again goes on.",
                returncode=128 + signal.SIGINT,
            ) from None
        self._finish(tally, monotonic() - started, report, as_json=options["json"])

    def _progress(self, tally: Tally, seconds: float) -> None:
        self._reached = tally.done + tally.replayed + tally.refused
        if self.stderr.isatty():
            self.stderr.write(f"\r{_counts(tally, seconds)}\033[K", ending="")

    def _finish(self, tally: Tally, seconds: float, report: "_Refusals", *, as_json: bool) -> None:
        where = _shown(report.path) if tally.refused else None
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        if as_json:
            self.stdout.write(orjson.dumps({**asdict(tally), "report": where}).decode())
        else:
            self.stdout.write(_counts(tally, seconds))
            if where:
                self.stdout.write(f"The refused rows are in {where}, each with its reason.")
        if tally.refused:
            sys.exit(1)


class _Refusals:
    """`FILE.refused.csv`: the refused rows with their line and reason; made at the first one."""

    def __init__(self, file: str, columns: Sequence[str], *, stop: bool) -> None:
        self.path = Path(f"{'stdin' if file == '-' else file}{REFUSED}")
        self._columns, self._stop = columns, stop
        self._file: TextIO | None = None
        self._writer: Any = None

    def forget(self) -> None:
        # What an earlier run refused would be taken for this one's.
        self.path.unlink(missing_ok=True)

    def __call__(self, item: Item, reason: str) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([*self._columns, *REASON])
        self._writer.writerows(with_reason(item, reason))
        if self._stop:
            raise Rejected(f"Line {item.rows[0].line} was refused: {reason}")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _shown(path: Path) -> str:
    """The name of a file need not be UTF-8, what is printed must."""
    return str(path).encode(errors="backslashreplace").decode()


def _counts(tally: Tally, seconds: float) -> str:
    total = tally.done + tally.replayed + tally.refused
    rate = total / max(seconds, 0.001)
    return (
        f"{tally.done:,} imported, {tally.replayed:,} there already, {tally.refused:,} refused"
        f" in {seconds:.1f} s ({rate:,.0f}/s)"
    )
