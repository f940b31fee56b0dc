"""What the last `verify` found, kept in DAYBOOK_HOME for whoever asks later.

There is a file for each book. It tells of the last run over everything, and of the last one since
then that looked only at what had come later; runs of chosen checks say too little to be kept.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
from django.conf import settings


@dataclass(frozen=True, slots=True)
class Run:
    """When it ended, from after which position to which it looked in which epoch, what differs."""

    at: datetime
    after: int
    position: int
    epoch: int
    differs: tuple[str, ...]
    """The names of the checks that found something which was not repaired."""


def remember(run: Run) -> None:
    """Keep a run; one over everything takes the place of all before it.

    Raises:
        OSError: the file cannot be written.
    """
    kept = [each for each in recall() if not each.after] if run.after else []
    fresh = _file().with_suffix(".new")
    fresh.write_bytes(orjson.dumps([asdict(each) for each in [*kept, run]]))
    fresh.replace(_file())


def recall() -> list[Run]:
    """The runs that are kept, the one over everything first; none where nobody ran one here."""
    try:
        kept = orjson.loads(_file().read_bytes())
        return [
            Run(datetime.fromisoformat(at), after, position, epoch, tuple(differs))
            for at, after, position, epoch, differs in (each.values() for each in kept)
        ]
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def _file() -> Path:
    return Path(settings.HOME) / f"verified.{settings.DAYBOOK_SCHEMA}.json"
