"""A rebuild of the entries that is killed: `FAILPOINT`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from projections.engine import rebuild  # noqa: E402
from projections.engine.projector import projections  # noqa: E402
from projections.engine.shadow import Shadow  # noqa: E402
from tests.examples.dying import die  # noqa: E402

rebuild.CHUNK, rebuild.KEEP = 10, 0.0

if __name__ == "__main__":
    match sys.argv[1]:
        case "while it loads":

            def progress(done: int, end: int) -> None:
                if done > end // 2:
                    die()

        case "without its indexes":
            Shadow.analyze = die  # type: ignore[method-assign]
        case "during the swap":
            Shadow.swap = die  # type: ignore[method-assign]
        case "before the old one is gone":
            dropped = iter((lambda _: None, die))
            Shadow.drop_old = lambda self: next(dropped)(self)  # type: ignore[method-assign]
    (entries,) = (each for each in projections() if each.name == "entries")
    rebuild.rebuild(entries, globals().get("progress", lambda done, end: None))
