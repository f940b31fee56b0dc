"""Who follows the log, and how far they have come: GET /subscriptions."""

import pytest
from django.utils import timezone

from commands.engine.reactions import reaction
from eventstore.events.ledger import AccountOpened
from eventstore.store import latest_position, read_all
from tests.examples.asking import ask, rich
from tests.examples.following import follow
from tests.examples.http import Api
from tests.examples.ledger import open_account
from tests.examples.people import SAM
from tests.examples.reacting import follow_all, only_those_of_this_test

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken():
    """A reaction that cannot handle who is called bad."""
    with only_those_of_this_test():

        @reaction("broken", AccountOpened)
        def fail(happened):
            if happened.event.code == "bad":
                raise ValueError("this one is bad")
            return []

        yield


def told():
    answer = Api(SAM).get("/subscriptions").json()
    return {each["name"]: each for each in answer["subscriptions"]}


def test_all_who_are_as_far_as_the_log_are_running(broken):
    rich("ann", 5)
    follow_all()
    follow()
    found = told()
    assert found["broken"] == {
        "name": "broken", "kind": "reaction", "state": "running", "position": latest_position(),
        "lag_events": 0, "lag_seconds": 0.0, "error": "",
    }  # fmt: skip
    assert found["daily_totals"]["kind"] == "eventual"
    assert "balances" not in found


def test_one_that_stopped_says_before_what_and_why(broken):
    rich("ann", 5)
    bad = ask(open_account("bad"), by=SAM)
    ask(open_account("bob"), by=SAM)
    follow_all()
    found = told()["broken"]
    assert (found["state"], found["position"], found["lag_events"]) == (
        "stopped", bad.position - 1, 2,
    )  # fmt: skip
    assert found["error"] == f"Stopped before {bad.position}: ValueError: this one is bad"
    waits = read_all(after=bad.position - 1, limit=1)[0].recorded_at
    assert 0 < found["lag_seconds"] <= (timezone.now() - waits).total_seconds() + 0.001
