"""What holds for every write, also for those to come."""

from uuid import UUID

import pytest

from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, Person
from tests.examples.writes import (
    BULK,
    NO_COMMANDS,
    SHOWN,
    WRITES,
    other,
    path_of,
    prepare,
    routes,
)

pytestmark = pytest.mark.django_db

BOSS = Person("boss", UUID(int=0xB055), frozenset({"view", "operate", "close"}))
EACH = [(route, body) for route, bodies in WRITES.items() for body in bodies if route != BULK]


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    rich("bob", 100, owner=BOB)
    prepare()
    return Api(BOSS)


def send(api, route, body, **about):
    method, path = path_of(route)
    return api.write(method, path, body, **about)


def test_every_write_has_an_example():
    writes = [route for route in routes() if not route.startswith("GET")]
    assert writes == sorted([*WRITES, *NO_COMMANDS])


@pytest.mark.parametrize(("route", "body"), EACH)
def test_it_answers_with_what_the_next_read_shows(sam, route, body):
    written = send(sam, route, body)
    assert written.status_code in (200, 201), written.content
    resources = written.json().keys() - {"request"}
    assert resources
    for resource in resources:
        shown = written.json()[resource]
        read = sam.get(SHOWN[resource].format(**shown))
        assert read.content in written.content
        assert read.json() == shown
        assert written["Daybook-Position"] == read["Daybook-Position"] == str(latest_position())
    assert written.json()["request"]["position"] == latest_position()


@pytest.mark.parametrize(("route", "body"), EACH)
def test_asked_twice_with_a_key_it_changes_once(sam, route, body):
    first = send(sam, route, body, key="k")
    position = latest_position()
    again = send(sam, route, body, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert latest_position() == position
    assert send(sam, route, other(body), key="k").status_code == 422


@pytest.mark.parametrize(("route", "body"), EACH)
def test_a_key_it_does_not_know_is_pointed_at(sam, route, body):
    answer = send(sam, route, {**body, "nmae": "x"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/nmae")


@pytest.mark.parametrize("coding", ["gzip", "GZIP, br", "x"])
@pytest.mark.parametrize(("route", "body"), EACH[:3])
def test_a_body_in_an_encoding_is_not_read(sam, route, body, coding):
    answer = send(sam, route, body, **{"Content-Encoding": coding})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert answer.json()["detail"] == (
        "A body with a Content-Encoding is not read; send it as it is, without that header."
    )


def test_identity_is_no_encoding(sam):
    route, body = EACH[0]
    assert send(sam, route, body, **{"Content-Encoding": "Identity"}).status_code in (200, 201)
