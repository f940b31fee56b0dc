"""A file that somebody uploads: read whole, its rows made into one bulk, each looked at beforehand.

Its commands have the keys that an import of the file gives them, so that what it says is done once,
whichever way and however often it is sent.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from commands.engine import bulk, readable
from commands.engine.decider import Principal
from commands.engine.dispatch import shaped, submission
from commands.engine.errors import Malformed
from commands.engine.importing import Item, Row, key_of, read_rows
from commands.engine.outcomes import IMPORT, Outcome, Submission
from commands.engine.parsing import MAX_BYTES
from commands.engine.run import rehearse
from commands.engine.spoken import saying
from eventstore.sheets import verbatim

DONE, ALREADY, REFUSED, UNREADABLE = "done", "already", "refused", "unreadable"
"""What may come of rows."""

AT = saying("{place}: {why}")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: the command its rows ask for, its columns, and rows as an example.

    `items` makes commands of rows for somebody who asks, `rows` makes rows of commands again.
    """

    command: str
    columns: Sequence[str]
    items: Callable[[Sequence[Row], Principal], Iterator[Item]]
    rows: Callable[[Sequence[Mapping[str, Any]]], list[list[list[str]]]]
    example: str


@dataclass(slots=True)
class Sheet:
    """The rows of a file, as commands that can be sent, and as what cannot be read and why."""

    format: Format
    series: str
    ready: list[Item] = field(default_factory=list)
    unreadable: list[tuple[Item, str]] = field(default_factory=list)

    def body(self, *, atomic: bool) -> dict[str, Any]:
        """The bulk that sends what can be sent."""
        command = self.format.command
        commands = [
            {
                "command": command,
                "data": item.payload,
                "idempotency_key": key_of(command, self.series, item.reference),
                "line": item.rows[0].line,
            }
            for item in self.ready
        ]
        return {"atomic": atomic, "commands": commands}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would come of some rows, and why."""

    item: Item
    fate: str
    why: str = ""
    code: str = ""
    facts: Sequence[tuple[str, str]] = ()

    @property
    def line(self) -> int:
        return self.item.rows[0].line

    @property
    def reason(self) -> str:
        """Why, as a file of refused rows says it."""
        return f"{self.code}: {self.why}" if self.code else self.why


def text_of(file: "UploadedFile[bytes] | None") -> str:
    """The text of a file, its lines ended by line feeds.

    Raises:
        Malformed: there is none, or it is too large, or no text.
    """
    if file is None:
        raise Malformed([("/file", "Choose a file.")])
    if (file.size or 0) > MAX_BYTES:
        said = "The file is larger than 1 MiB. Split it, or have it imported from the shell."
        raise Malformed([("/file", said)], status=413)
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        said = "The file is not UTF-8 text. Save it as CSV in UTF-8."
        raise Malformed([("/file", said)]) from None
    if not text.strip():
        raise Malformed([("/file", "The file is empty.")])
    return with_line_feeds(text)


def with_line_feeds(text: str) -> str:
    """A text as it is read: browsers send the ends of its lines in a way of their own."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def sheet_of(text: str, format: Format, series: str, principal: Principal) -> Sheet:
    """What a file says.

    Raises:
        Malformed: it has other columns, nothing in it, or too much.
    """
    if "\0" in text:
        raise Malformed([("/file", "The file is not text: it has NUL characters.")])
    try:
        rows = list(read_rows(io.StringIO(text, newline=""), format.columns))
    except Malformed as error:
        raise Malformed([("/file", said) for _, said in error.errors]) from None
    for row in rows:  # It may be a file of refused rows that is uploaded again.
        row.update((column, verbatim(cell)) for column, cell in row.items())
    items = list(islice(format.items(rows, principal), bulk.MAX_COMMANDS + 1))
    if not items:
        raise Malformed([("/file", "The file has no rows below its header.")])
    if len(items) > bulk.MAX_COMMANDS:
        many = f"{bulk.MAX_COMMANDS:,}"
        said = f"The file asks for more than {many} at once. Split it, or have it imported from "
        raise Malformed([("/file", f"{said}the shell.")])
    found = Sheet(format, series)
    for item in items:
        if wrong := _wrong(format.command, item):
            found.unreadable.append((item, wrong))
        else:
            found.ready.append(item)
    return found


def _wrong(command: str, item: Item) -> str:
    """What cannot be read in an item; nothing when all can."""
    if item.error:
        return item.error
    try:
        shaped(command).shape(item.payload, {})
    except Malformed as error:
        return " ".join(AT.format(place=place[1:], why=said) for place, said in error.errors)
    return ""


def foreseen(sheet: Sheet, principal: Principal) -> list[Foreseen]:
    """What would come of each row by itself, after all those before it, in the file's order."""
    found = [Foreseen(item, UNREADABLE, why) for item, why in sheet.unreadable]
    if sheet.ready:
        asked = submission(bulk.NAME, sheet.body(atomic=False), principal=principal, source=IMPORT)
        outcome, _ = rehearse(asked, keyed=True)
        found += map(_foreseen, sheet.ready, asked.command.items, outcome.outcomes)
    return sorted(found, key=lambda each: each.line)


def _foreseen(item: Item, asked: Submission, outcome: Outcome) -> Foreseen:
    if outcome.succeeded:
        return Foreseen(item, DONE if outcome.request == asked.id else ALREADY)
    said = outcome.answer
    return Foreseen(item, REFUSED, said["detail"], said["code"], readable.facts(said["facts"]))


def not_done(found: Iterable[Foreseen]) -> list[Foreseen]:
    """Those that would not be done."""
    return [each for each in found if each.fate in (REFUSED, UNREADABLE)]


SHOWN = 200


def shortened(found: Sequence[Foreseen]) -> list[Foreseen]:
    """The first rows, and of the others those that would not be done."""
    return [*found[:SHOWN], *not_done(found[SHOWN:])]
