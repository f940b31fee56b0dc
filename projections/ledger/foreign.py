"""Somebody else's statement of an account: a CSV file, read strictly, or refused with reasons."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from eventstore.events.currencies import from_decimal_text
from eventstore.localized import counted

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
        raise Unreadable(_("The file is not UTF-8 text.")) from error
    if "\0" in text:
        raise Unreadable(_("The file is not text: it has NUL characters."))
    lines: list[Line] = []
    errors: list[str] = []
    try:
        for number, row in _rows(text):
            if len(lines) == MOST_LINES:
                said = _("The file has more than {most} lines; split it by dates.")
                raise Unreadable(said.format(most=counted(MOST_LINES)))
            try:
                lines.append(_line(number, row, exponent))
            except ValueError as error:
                errors.append(_("Line {line}: {error}").format(line=number, error=error))
            if len(errors) == MOST_ERRORS:
                break
    except csv.Error as error:
        errors.append(_("It is not CSV: {error}.").format(error=error))
    if errors:
        raise Unreadable(*errors)
    return lines


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in reader.fieldnames or []]
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        said = _(
            "The first line must name the columns {needed}, and may name {others}; "
            "it lacks {lacking}."
        )
        names = {"needed": NEEDED, "others": COLUMNS[2:], "lacking": lacking}
        raise Unreadable(said.format(**{key: ", ".join(value) for key, value in names.items()}))
    if twice := sorted({name for name in header if name in COLUMNS and header.count(name) > 1}):
        said = _("The first line names {columns} twice.")
        raise Unreadable(said.format(columns=", ".join(twice)))
    reader.fieldnames = header
    for row in reader:
        if None in row or None in row.values():
            said = _("Line {line} does not have as many cells as the first.")
            raise Unreadable(said.format(line=reader.line_num))
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
