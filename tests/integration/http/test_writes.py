"""What holds for every write, also for those to come."""

import pytest

from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, SAM
from tests.examples.writes import BULK, NO_COMMANDS, SHOWN, WRITES, routes

pytestmark = pytest.mark.django_db

EACH = [(route, body) for route, bodies in WRITES.items() for body in bodies if route != BULK]


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    rich("bob", 100, owner=BOB)
    return Api(SAM)


def send(api, route, body, **about):
    method, path = route.split()
    return api.write(method, "/" + path.replace("<code:code>", "ann"), body, **about)


def test_every_write_has_an_example():
    writes = [route for route in routes() if not route.startswith("GET")]
    assert writes == sorted([*WRITES, *NO_COMMANDS])


@pytest.mark.parametrize(("route", "body"), EACH)
def test_it_answers_with_what_the_next_read_shows(sam, route, body):
    written = send(sam, route, body)
    assert written.status_code in (200, 201), written.content
    (resource,) = written.json().keys() - {"request"}
    shown = written.json()[resource]
    read = sam.get(SHOWN[resource].format(**shown))
    assert read.content in written.content
    assert read.json() == shown
    assert written.json()["request"]["position"] == latest_position()
    assert written["Daybook-Position"] == read["Daybook-Position"] == str(latest_position())


@pytest.mark.parametrize(("route", "body"), EACH)
def test_asked_twice_with_a_key_it_changes_once(sam, route, body):
    first = send(sam, route, body, key="k")
    position = latest_position()
    again = send(sam, route, body, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert latest_position() == position
    assert send(sam, route, {**body, "metadata": {"other": "1"}}, key="k").status_code == 422


@pytest.mark.parametrize(("route", "body"), EACH)
def test_a_key_it_does_not_know_is_pointed_at(sam, route, body):
    answer = send(sam, route, {**body, "nmae": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/nmae")
