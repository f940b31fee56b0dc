"""The help desk from end to end, where it is installed beside the ledger."""

import pytest

from eventstore.store import latest_position, read_all
from projections.engine.differences import differences
from projections.engine.follow import catch_up
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.tickets.models import Tally, Ticket
from tests.examples.http import Api
from tests.examples.people import ANN, EVE
from tests.examples.reacting import follow_all

pytestmark = pytest.mark.django_db
TABLES = {"tickets": Ticket, "ticket_tallies": Tally}


def projection(name):
    (found,) = [each for each in projections() if each.name == name]
    return found


def opened(api, subject="The till is stuck"):
    return api.post("/tickets", {"subject": subject}).json()["ticket"]["id"]


def test_a_write_answers_with_what_a_read_then_shows():
    api = Api(ANN)
    answer = api.post("/tickets", {"subject": "The till is stuck"}, key="once")
    assert answer.status_code == 201, answer.content
    ticket = answer.json()["ticket"]
    assert api.get(f"/tickets/{ticket['id']}").json() == ticket
    (event,) = read_all(category="ticket")
    assert event.type == "tickets.opened"
    assert event.data == {"subject": "The till is stuck", "customer": str(ANN.id)}


def test_asking_twice_changes_once():
    api, body = Api(ANN), {"subject": "The till is stuck"}
    first, second = (api.post("/tickets", body, key="once") for _ in range(2))
    assert first.json() == second.json()
    assert latest_position() == 1


def test_it_is_refused_with_its_own_code_and_facts():
    api = Api(ANN)
    path = f"/tickets/{opened(api)}/solve"
    assert api.post(path, {"solution": "Oiled it"}).json()["ticket"]["status"] == "solved"
    refused = api.post(path, {"solution": "Again"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "ticket-is-solved"
    assert refused.json()["solution"] == "Oiled it"
    assert Api(EVE).post(path, {"solution": "Mine"}).status_code == 404
    assert latest_position() == 2


def test_the_two_sides_answer_at_one_address():
    ticket = opened(Api(ANN))
    assert Api(ANN).post(f"/tickets/{ticket}", {}).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert Api(EVE).get(f"/tickets/{ticket}").status_code == 404


@pytest.fixture
def busy():
    api = Api(ANN)
    for subject in ("One", "Two", "Three"):
        last = opened(api, subject)
    api.post(f"/tickets/{last}/solve", {"solution": "Done"})
    while catch_up(projection("ticket_tallies")):
        pass


def test_an_eventual_table_follows_the_log(busy):
    tally = {"opened": 3, "solved": 1, "position": 4}
    assert Api(ANN).get("/tickets/tally").json() == tally
    opened(Api(ANN), "Four")
    assert Api(ANN).get("/tickets/tally").json() == {**tally, "position": 5}
    assert catch_up(projection("ticket_tallies")) == 1
    assert Api(ANN).get("/tickets/tally").json() == {"opened": 4, "solved": 1, "position": 5}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_made_anew_is_the_table_kept_alive(busy, name):
    before = list(TABLES[name].objects.order_by("pk").values())
    assert before
    assert list(differences(projection(name))) == []
    rebuild(projection(name))
    assert list(TABLES[name].objects.order_by("pk").values()) == before


def test_a_listener_tells_whose_ticket_was_solved():
    api = Api(ANN)
    api.post(f"/tickets/{opened(api)}/solve", {"solution": "Oiled it"})
    follow_all()
    (told,) = api.get("/notifications").json()["notifications"]
    assert (told["kind"], told["text"]) == ("ticket-solved", "The till is stuck: Oiled it")
