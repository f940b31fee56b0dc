"""A process of code that makes the balances otherwise; it does what its lines of input say.

`rebuild`, `pay N` (from ann to bob, one each), `follow` and `sound`: each is answered by a line.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from commands.engine.deciding import decide  # noqa: E402
from projections.engine.differences import differences  # noqa: E402
from projections.engine.follow import catch_up  # noqa: E402
from projections.engine.projector import projections  # noqa: E402
from projections.engine.reading import behind  # noqa: E402
from projections.engine.rebuild import rebuild  # noqa: E402
from tests.examples.asking import asking  # noqa: E402
from tests.examples.ledger import pay  # noqa: E402

BALANCES = next(each for each in projections() if each.name == "balances")


def paid(times: int) -> int:
    """How many payments succeeded."""
    return sum(decide([asking(pay("ann", "bob", 1))])[0].succeeded for _ in range(times))


def caught_up() -> list[str]:
    """What still keeps a table behind."""
    while catch_up(BALANCES):
        pass
    return behind()


if __name__ == "__main__":
    BALANCES.version += 1
    for line in sys.stdin:
        match line.split():
            case ["rebuild"]:
                answer = str(rebuild(BALANCES).events > 0)
            case ["pay", times]:
                answer = str(paid(int(times)))
            case ["follow"]:
                answer = str(caught_up())
            case _:
                answer = str([found for each in projections() for found in differences(each)])
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
