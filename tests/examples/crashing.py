"""A process that pays five times, and is killed while it pays five times more: `FAILPOINT`."""

import asyncio
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connections  # noqa: E402

from commands.engine import writer  # noqa: E402
from tests.examples.asking import asking  # noqa: E402
from tests.examples.dying import die  # noqa: E402
from tests.examples.ledger import pay  # noqa: E402

KEYS = [f"pay-{n}" for n in range(10)]


def payment(key):
    """The request with this key: one cent from Ann to Bob."""
    return asking(pay("ann", "bob", 1), key=key, payload={"asked": key})


async def _pay(keys):
    return await asyncio.gather(*(writer.adispatch(payment(key)) for key in keys))


def _die_at(failpoint):
    wrapper = type(connections["default"])
    commit = wrapper._commit

    def committed(self):
        commit(self)
        die()

    if failpoint == "before commit":
        wrapper._commit = die
    elif failpoint == "after commit":
        wrapper._commit = committed
    elif failpoint == "before the answer":
        writer._tell = lambda results: die() if list(results) else None


if __name__ == "__main__":
    assert all(each.succeeded for each in asyncio.run(_pay(KEYS[:5])))
    _die_at(sys.argv[1])
    asyncio.run(_pay(KEYS[5:]))
