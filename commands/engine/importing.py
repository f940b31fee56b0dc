"""Import a file through the one handler, in batches; a refused row is reported, the rest goes on.

An import is idempotent by series and reference: what succeeded before is replayed, so that it can
be stopped at any moment and run again.
"""

import csv
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from commands.engine.decider import Principal
from commands.engine.deciding import Result, insist
from commands.engine.dispatch import submission
from commands.engine.errors import Busy, Malformed
from commands.engine.outcomes import IMPORT, Outcome, Submission
from commands.engine.spoken import saying

BATCH = 256
REFUSED = ".refused.csv"
"""How the name of a file of refused rows ends."""
REASON = ("line", "reason")
"""The columns that such a file has beside those of the rows."""
BROKEN = saying("After line {line}: {error}.")
DAMAGED = saying("After line {line} it is cut off or damaged: {error}.")
LACKING = saying("The header lacks {missing}; it must have {columns}.")
SEMICOLONS = saying(
    "The header lacks {missing}; it must have {columns}. "
    "Its columns are separated by semicolons: they must be separated by commas."
)
TWICE = saying("The header has {columns} twice.")


@dataclass(frozen=True, slots=True)
class Item:
    """Rows of a file that are one command: its reference, its body, or why there is none."""

    rows: "Sequence[Row]"
    reference: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(slots=True)
class Tally:
    """How an import stands."""

    done: int = 0
    replayed: int = 0
    refused: int = 0


class Rejected(Exception):
    """A row was refused and the import was told to stop there."""


def series_of(file: str) -> str:
    """A file's name without its endings: `march` of `march.csv.gz`.

    Rows that were refused there, and are in `march.csv.refused.csv`, are of the same series.
    """
    name = Path(file).name.removesuffix(REFUSED)
    for ending in (".xz", ".gz", ".csv"):
        name = name.removesuffix(ending)
    return name


def open_text(file: str) -> TextIO:
    """A CSV file for reading: plain, `.gz`, `.xz`, or `-` for standard input.

    Raises:
        OSError: it cannot be opened.
    """
    if file == "-":
        return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
    if file.endswith(".gz"):
        return io.TextIOWrapper(gzip.open(file), encoding="utf-8-sig", newline="")
    if file.endswith(".xz"):
        return io.TextIOWrapper(lzma.open(file), encoding="utf-8-sig", newline="")
    return Path(file).open(encoding="utf-8-sig", newline="")


class Row(dict[str, str]):
    """A row of a file by column, with the line it ends on; `wrong` says why it cannot be read."""

    line = 0
    wrong = ""


def read_rows(text: TextIO, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file.

    Raises:
        Malformed: it is no text, or its header lacks a column.
    """
    reader = csv.DictReader(text, strict=True)
    try:
        _check_header(reader.fieldnames or [], columns)
        for found in reader:
            row = Row({column: found[column] or "" for column in columns})
            row.line = reader.line_num
            if None in found or None in found.values():
                row.wrong = "the row does not have the header's columns"
            yield row
    except (csv.Error, UnicodeDecodeError) as error:
        said = BROKEN.format(line=reader.line_num, error=error)
        raise Malformed([("", said)]) from error
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        said = DAMAGED.format(line=reader.line_num, error=error)
        raise Malformed([("", said)]) from error


def _check_header(header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in header]
    if missing:
        by_semicolons = len(header) == 1 and ";" in header[0]
        said = (SEMICOLONS if by_semicolons else LACKING).format(
            missing=", ".join(missing), columns=",".join(columns)
        )
        raise Malformed([("", said)])
    if twice := [column for column in columns if header.count(column) > 1]:
        raise Malformed([("", TWICE.format(columns=", ".join(twice)))])


def with_reason(item: Item, reason: str) -> list[list[str]]:
    """Rows that were refused as they were in their file, each with its line and the reason."""
    return [[*row.values(), str(row.line), reason] for row in item.rows]


def run_import(
    command: str,
    items: Iterable[Item],
    *,
    series: str,
    principal: Principal,
    refuse: Callable[[Item, str], None],
    progress: Callable[[Tally], None],
    batch: int = BATCH,
) -> Tally:
    """Send items through the handler, batch by batch; `refuse` hears of each that was refused.

    Raises:
        Busy: others held what an item needs until its time was up; what was done stays done.
        OutcomeUnknown: the database did not say what came of a batch.
    """
    tally, remaining = Tally(), iter(items)
    while chunk := list(islice(remaining, batch)):
        asked: list[Submission] = []
        sent: list[Item] = []
        for item in chunk:
            try:
                asked.append(_submission(command, item, series, principal))
                sent.append(item)
            except Malformed as error:
                tally.refused += 1
                refuse(item, item.error or str(error))
        results = insist(asked)
        for item, result in zip(sent, results, strict=True):
            if isinstance(result, Outcome) and not result.is_in_progress:
                _count(tally, item, result, refuse)
        progress(tally)
        for result in results:
            _stop_unless_decided(result)
    return tally


def _stop_unless_decided(result: Result) -> None:
    """An import ends at what could not be decided: it is no refusal, and comes another time."""
    if isinstance(result, Exception):
        raise result
    if result.is_in_progress:
        raise Busy


def _submission(command: str, item: Item, series: str, principal: Principal) -> Submission:
    if item.error:
        raise Malformed([("", item.error)])
    return submission(
        command,
        item.payload,
        principal=principal,
        key=key_of(command, series, item.reference),
        source=IMPORT,
    )


def key_of(command: str, series: str, reference: str) -> str:
    """The idempotency key of a row; a hash where the plain words do not fit into a key."""
    key = f"{command}:{series}:{reference}"
    if len(key) <= 255 and key.isascii() and key.isprintable() and " " not in key:
        return key
    # A series is a file's name, which need not be UTF-8.
    hashed = sha256("\n".join([series, reference]).encode(errors="surrogateescape")).hexdigest()
    return f"{command}:sha256:{hashed}"


def _count(tally: Tally, item: Item, outcome: Outcome, refuse: Callable[[Item, str], None]) -> None:
    if outcome.replayed:
        tally.replayed += 1
    elif outcome.succeeded:
        tally.done += 1
    else:
        tally.refused += 1
        refuse(item, f"{outcome.answer['code']}: {outcome.answer['detail']}")
