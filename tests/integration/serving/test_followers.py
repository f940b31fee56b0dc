"""docs/listeners.md: a program that follows the log from outside, and is started again."""

import re

import pytest

from commands.access.models import Token
from eventstore.store import latest_position
from tests import tree
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import VIC

pytestmark = pytest.mark.django_db(transaction=True)

(RECIPE,) = re.findall(
    r"^```python\n(import json.*?)^```",
    tree.text(tree.Path("docs/listeners.md")),
    re.DOTALL | re.MULTILINE,
)


class Killed(Exception):
    """It was killed with this event in its hands."""


def test_it_goes_on_where_it_was_and_misses_nothing(served, tmp_path):
    rich("ann", 100)
    known, seen, checkpoint = {}, [], tmp_path / "checkpoint"
    exec(RECIPE, known)
    token = str(Token.issue(user(VIC)))

    def run(until):
        def handle(event):
            seen.append(event["position"])
            if event["position"] == until:
                raise Killed

        with pytest.raises(Killed):
            known["follow"](f"{served.url}/api/v1", token, checkpoint, handle, wait=1)

    run(2)
    assert (seen, checkpoint.read_text()) == ([1, 2], "1")
    ask(pay("ann", "world", 1))
    run(latest_position())
    assert seen == [1, *range(2, 3), *range(2, latest_position() + 1)]
