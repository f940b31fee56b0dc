"""What belongs together is shown from an event's page and from a request's, as one tree."""

import re

import pytest

from commands.engine.models import Caused, Request
from commands.ledger.instruction_messages import SetSweep
from eventstore.store import latest_position, read_all
from tests.examples.asking import ask
from tests.examples.ledger import pay
from tests.examples.reacting import follow_all
from tests.integration.admin.windows import shown, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def swept(vic):
    """A payment to Ann, from whose account a reaction then sweeps what is too much."""
    ask(SetSweep(account="ann", above=480, to="world"))
    paid = ask(pay("world", "ann", 30))
    follow_all()
    by_reaction = Request.objects.get(id=Caused.objects.get().request)
    return Request.objects.get(id=paid.request), by_reaction


def tree(client, window, key) -> str:
    """The tree of a page, as one reads it."""
    return text(client.get(shown(window, key))).partition("What belongs together")[2]


def test_it_goes_from_a_request_over_events_and_reactions_to_their_events(vic, swept):
    paid, sweep = swept
    said = tree(vic, "commands_request", paid.id)
    assert re.search(
        r"Post transfer , this request: succeeded .*"
        rf"{paid.first_position + 2} ledger\.account_credited account-ann "
        r".* asked for Sweep account : succeeded "
        rf"{sweep.first_position} ledger\.transfer_posted",
        said,
    ), said


def test_every_event_and_request_of_it_shows_the_same_tree(vic, swept):
    paid, sweep = swept
    plain = [
        re.sub(r" ?, this (request|event)", "", tree(vic, window, key)).replace(" :", ":")
        for window, key in (
            ("commands_request", paid.id),
            ("commands_request", sweep.id),
            ("eventstore_event", paid.first_position),
            ("eventstore_event", sweep.first_position + 1),
        )
    ]
    assert len(set(plain)) == 1


def test_it_marks_what_one_looks_at_and_leads_to_all_else(vic, swept):
    paid, sweep = swept
    page = vic.get(shown("eventstore_event", sweep.first_position)).content.decode()
    assert re.findall(r'aria-current="true">(\d+)', page) == [str(sweep.first_position)]
    section = page.partition('id="correlation"')[2]
    assert shown("commands_request", paid.id) in section
    assert shown("commands_request", sweep.id) in section
    assert shown("eventstore_event", paid.first_position) in section


def test_of_many_events_the_first_are_listed_and_the_one_that_is_shown(vic, monkeypatch):
    monkeypatch.setattr("commands.engine.correlation.SHOWN", 1)
    ask(pay("world", "ann", 1))
    last = latest_position()
    said = tree(vic, "eventstore_event", last)
    assert f"{last} ledger.account_credited , this event" in said
    assert f"{last - 1} " not in said
    assert "and 1 more events" in said


def test_an_event_without_a_request_belongs_to_none(vic):
    Request.objects.all().delete()
    (first,) = read_all(limit=1)
    assert "What belongs together" not in text(vic.get(shown("eventstore_event", first.position)))
