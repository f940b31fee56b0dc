"""Somebody else's statement of an account: a CSV file, read strictly, or refused with reasons."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from eventstore.events.currencies import from_decimal_text

NEEDED = ("effective_on", "amount")
COLUMNS = (*NEEDED, "reference", "description", "balance")
MOST_LINES = 100_000
"""The most lines that a file, or the ledger in the same time, may have."""
MOST_ERRORS = 20


class Unreadable(Exception):
    """The file is no statement; each sentence says what is wrong and where."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either side; `place` is its line in the file, or its position in the ledger.

    The amount, in minor units, is positive where it raises the account's balance.
    """

    place: int
    effective_on: date
    amount: int
    reference: str
    description: str
    balance: int | None = None


def read(content: bytes, exponent: int) -> list[Line]:
    """The lines of a statement: CSV with a header, dates as 2026-01-31, amounts as decimals.

    Raises:
        Unreadable: what is wrong with it.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The file is not UTF-8 text.") from error
    if "\0" in text:
        raise Unreadable("The file is not text: it has NUL characters.")
    lines: list[Line] = []
    errors: list[str] = []
    try:
        for number, row in _rows(text):
            if len(lines) == MOST_LINES:
                raise Unreadable(f"The file has more than {MOST_LINES:,} lines; part it by dates.")
            try:
                lines.append(_line(number, row, exponent))
            except ValueError as error:
                errors.append(f"Line {number}: {error}")
            if len(errors) == MOST_ERRORS:
                break
    except csv.Error as error:
        errors.append(f"It is not CSV: {error}.")
    if errors:
        raise Unreadable(*errors)
    return lines


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in reader.fieldnames or []]
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        raise Unreadable(
            f"The first line must name the columns {', '.join(NEEDED)}, and may name "
            f"{', '.join(COLUMNS[2:])}; it lacks {', '.join(lacking)}."
        )
    if twice := sorted({name for name in header if name in COLUMNS and header.count(name) > 1}):
        raise Unreadable(f"The first line names {', '.join(twice)} twice.")
    reader.fieldnames = header
    for row in reader:
        if None in row or None in row.values():
            raise Unreadable(f"Line {reader.line_num} does not have as many cells as the first.")
        yield reader.line_num, {name: row.get(name, "").strip() for name in COLUMNS}


def _line(number: int, row: dict[str, str], exponent: int) -> Line:
    balance = row["balance"]
    return Line(
        number,
        _date(row["effective_on"]),
        from_decimal_text(row["amount"].removeprefix("+"), exponent, signed=True),
        row["reference"],
        row["description"],
        from_decimal_text(balance, exponent, signed=True) if balance else None,
    )


def _date(text: str) -> date:
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"{text[:20]!r} is not a date like 2026-01-31.")
