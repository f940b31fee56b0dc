"""A rebuild of the entries that is killed: `FAILPOINT`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from projections.engine import loading, rebuild  # noqa: E402
from projections.engine.projector import projections  # noqa: E402
from projections.engine.shadow import Shadow  # noqa: E402
from projections.engine.side_by_side import rebuild_each  # noqa: E402
from tests.examples.dying import die  # noqa: E402

loading.EVENTS, rebuild.KEEP = 10, 0.0


def die_half_way(done: int, end: int) -> None:
    if done > end // 2:
        die()


def die_half_way_of_entries(name: str, done: int, end: int) -> None:
    if name == "entries":
        die_half_way(done, end)


def nothing(done: int, end: int) -> None:
    """Goes on."""


if __name__ == "__main__":
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
            both = tables["entries"], tables["balances"]
            list(rebuild_each(both, 2, die_half_way_of_entries))
    rebuild.rebuild(tables["entries"], progress)
