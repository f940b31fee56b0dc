"""The window on listeners: how each stands, and what staff do about it, each with a reason."""

import pytest

from commands.engine.reactions import Tell, reaction
from eventstore.events.ledger import AccountOpened
from eventstore.listeners.listener import listeners
from eventstore.listeners.status import status_of
from eventstore.listeners.steering import interventions
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account
from tests.examples.people import SAM, VIC
from tests.examples.reacting import follow_all, only_those_of_this_test
from tests.integration.admin.windows import staff

pytestmark = pytest.mark.django_db

ROOT = "/admin/eventstore/listenerstate/"


@pytest.fixture(autouse=True)
def broken():
    """A reaction that cannot handle who is called bad; it has stopped before that."""
    with only_those_of_this_test():

        @reaction("greeting", AccountOpened)
        def greet(happened):
            if happened.event.code == "bad":
                raise ValueError("this one is bad")
            yield Tell(SAM.id, "greeting", f"Hello {happened.event.code}")

        rich("ann", 0)
        bad = ask(open_account("bad"))
        ask(open_account("bob"))
        follow_all()
        yield bad.position


def page(client, path=""):
    answer = client.get(f"{ROOT}{path}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def state():
    (only,) = listeners()
    return status_of(only).state


def test_it_says_what_stopped_it(broken):
    listed = page(staff(SAM))
    assert "greeting" in listed and "stopped" in listed
    shown = page(staff(SAM), "greeting/change/")
    assert "ValueError: this one is bad" in shown
    assert "Retry" in shown and "Replay" in shown


def test_an_event_is_skipped_with_a_reason_that_stays_on_record(broken):
    client = staff(SAM)
    assert "will not be handed that event" in page(client, "greeting/skip/")
    client.post(f"{ROOT}greeting/skip/", {"reason": "Known", "position": str(broken)})
    follow_all()
    assert state() == "running"
    (kept,) = interventions("greeting", 5)
    assert (kept.action, kept.position, kept.reason, kept.by) == ("skip", broken, "Known", SAM.id)
    assert "Known" in page(client, "greeting/change/")


def test_it_is_tried_again(broken):
    """It stops there again, for nothing was mended; that it was tried is on record."""
    client = staff(SAM)
    asked = page(client, "greeting/retry/")
    assert f"could not apply the event at position {broken}: ValueError" in asked
    client.post(f"{ROOT}greeting/retry/", {"reason": "Perhaps", "position": str(broken)})
    assert state() == "running"
    follow_all()
    assert state() == "stopped"
    (kept,) = interventions("greeting", 5)
    assert (kept.action, kept.position, kept.reason) == ("retry", broken, "Perhaps")


def test_it_is_paused_resumed_and_replayed(broken):
    client = staff(SAM)
    client.post(f"{ROOT}greeting/skip/", {"reason": "Known", "position": str(broken)})
    follow_all()
    for action, then in (("pause", "paused"), ("resume", "running")):
        client.post(f"{ROOT}greeting/{action}/", {"reason": "Audit"})
        assert state() == then
    client.post(f"{ROOT}greeting/replay/", {"reason": "To be sure", "position": "0"})
    (only,) = listeners()
    assert (only.position, status_of(only).lag_events > 0) == (0, True)


@pytest.mark.parametrize("position", ["99", pytest.param("9" * 5_000, id="out of all measure")])
def test_what_is_not_possible_is_a_sentence(broken, position):
    client, asked = staff(SAM), {"reason": "x", "position": position}
    answer = client.post(f"{ROOT}greeting/replay/", asked, follow=True)
    assert "Name a position from 0 to" in answer.content.decode()
    assert state() == "stopped"


def test_who_only_views_may_look_and_not_touch(broken):
    client = staff(VIC)
    assert "Retry" not in page(client, "greeting/change/")
    assert client.post(f"{ROOT}greeting/pause/", {"reason": "x"}).status_code == 403
