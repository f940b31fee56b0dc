"""A bulk as its page shows it: how far it is, and what came of each of its commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commands.engine import queries
from commands.engine.models import Request

SHOWN = 200


@dataclass(slots=True)
class Progress:
    """How many of `all` commands are done, `already` before it, and how many were refused.

    It is decided in one transaction: nobody ever sees a part of it. `more` are left out of the
    page, `only` is said where it shows what was refused alone, `lines` where they are of a file.
    """

    all: int
    done: int = 0
    already: int = 0
    refused: int = 0
    more: int = 0
    only: bool = False
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A command of a bulk: its request, and the line of the file that it was made of."""

    row: Request
    line: int | None
    already: bool

    @property
    def refused(self) -> bool:
        return self.row.status == "refused"


def parts(of: Request, *, only_refused: bool) -> tuple[Progress, list[Part]]:
    """How far a bulk is, and its commands as they are shown: of many the first, and refused ones.

    Those are all that is shown where it is `only_refused`. One that was refused as a whole has
    done nothing.
    """
    asked: list[Mapping[str, Any]] = (of.payload or {}).get("commands", [])
    lines = [each.get("line") for each in asked]
    rows = queries.items(of)
    known = lines if len(lines) == len(rows) else [None] * len(rows)
    found = [Part(row, line, row.parent != of.id) for row, line in zip(rows, known, strict=True)]
    refused = [each for each in found if each.refused]
    to_blame = of.status == "refused" and "index" in of.answer["facts"]
    done = [each for each in found if each.row.status == "succeeded"]
    late = [each for each in found[SHOWN:] if each.refused]
    shown = refused if only_refused else [*found[:SHOWN], *late]
    progress = Progress(
        all=max(len(asked), len(found)),
        done=len(done),
        already=sum(each.already for each in done),
        refused=len(refused) or int(to_blame),
        more=0 if only_refused else len(found) - len(shown),
        only=only_refused,
        lines=any(lines),
    )
    return progress, shown
