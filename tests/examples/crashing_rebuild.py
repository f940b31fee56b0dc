"""A rebuild of the entries that is killed: `FAILPOINT`."""

import os
import signal
import sys
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from eventstore.store import latest_position  # noqa: E402
from projections.engine import building, loading, rebuild  # noqa: E402
from projections.engine.projector import projections  # noqa: E402
from projections.engine.shadow import Shadow  # noqa: E402
from projections.engine.side_by_side import rebuild_each  # noqa: E402
from tests.examples.dying import die  # noqa: E402


def die_half_way(done: int, end: int) -> None:
    if done > end // 2:
        die()


def die_half_way_of_entries(name: str, done: int, end: int) -> None:
    if name == "entries":
        die_half_way(done, end)


def wait_half_way(*names: str) -> Callable[[building.Building], None]:
    """How tables of these names are noted that get no further than a little more than half."""
    note = building.Building._note

    def noted(self: building.Building) -> None:
        note(self)
        if self.projection.name in names and self.position > latest_position() // 2:
            signal.pause()

    return noted


def nothing(done: int, end: int) -> None:
    """Goes on."""


if __name__ == "__main__":
    loading.EVENTS, building.KEEP = 10, 0.0
    progress = nothing
    tables = {each.name: each for each in projections()}
    match sys.argv[1]:
        case "while it loads":
            progress = die_half_way
        case "without its indexes":
            Shadow.analyze = die  # type: ignore[method-assign]
        case "during the swap":
            Shadow.swap = die  # type: ignore[method-assign]
        case "before the old one is gone":
            dropped = iter((lambda _: None, die))
            Shadow.drop_old = lambda self: next(dropped)(self)  # type: ignore[method-assign]
        case "side by side":
            building.Building._note = wait_half_way("entries")  # type: ignore[method-assign]
            both = tables["entries"], tables["balances"]
            list(rebuild_each(both, 2, die_half_way_of_entries))
    rebuild.rebuild(tables["entries"], progress)
