"""Following the log over sockets: many who listen cost little, and nobody misses anything."""

from contextlib import ExitStack, closing

import pytest

from eventstore.epoch import raise_epoch
from eventstore.store import ANY, Append, NewEvent, append
from tests.examples.connections import InThread, another_connection, until
from tests.examples.factories import user
from tests.examples.people import SAM
from tests.examples.serving import Client, serving, threads
from tests.examples.streams import Listener

pytestmark = pytest.mark.django_db(transaction=True)

SPARE = 4
"""Threads of the pool that had nothing to do yet."""


def happen(count=1, type="toy.happened"):
    return append(Append("toy-1", [NewEvent(type, {}) for _ in range(count)], ANY))


def listening():
    """How many connections of the database are there to be notified."""
    with another_connection() as other:
        (count,) = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND starts_with(query, 'LISTEN ')"
        ).fetchone()
    return count


@pytest.fixture
def listen(served, clients):
    """Opens streams as Sam, who may see everything, and hangs up in the end."""
    with ExitStack() as opened:
        headers = clients().headers

        def begin(query="", **more):
            found = Listener(served, headers | more, query)
            return opened.enter_context(closing(found))

        yield begin


def test_many_streams_take_no_thread_and_one_connection_of_the_database(clients, many):
    happen()
    with serving() as server, ExitStack() as opened:
        client = Client(server)
        opened.enter_context(closing(client.connection))
        assert client.ask("GET", "/api/v1/events").status == 200
        few = threads(server.pid)
        streams = [
            opened.enter_context(closing(Listener(server, client.headers))) for _ in range(many)
        ]
        for stream in streams:
            stream.opened()
        until(lambda: listening() == 1, "the one connection")
        assert threads(server.pid) <= few + SPARE
        for path in ("/api/v1/events", "/healthz", "/login"):
            assert client.ask("GET", path).status == 200
        happen()
        assert [stream.events(1) for stream in streams] == [[2]] * many
        assert threads(server.pid) <= few + SPARE
        assert listening() == 1


def test_it_begins_with_what_comes_or_after_a_position(listen):
    happen(count=3)
    streams = [listen().opened(), listen("?after=0").opened(), listen("?after=2").opened()]
    happen()
    assert [each.events(count) for each, count in zip(streams, (1, 4, 2), strict=True)] == [
        [4],
        [1, 2, 3, 4],
        [3, 4],
    ]


def test_it_tells_what_lies_far_behind_in_order(listen):
    happen(count=250)
    stream = listen("?after=7").opened()
    assert stream.events(243) == list(range(8, 251))
    happen()
    assert stream.events(1) == [251]


def test_it_tells_only_events_of_the_types_that_are_wanted(listen):
    for type_ in ("toy.broken", "toy.mended", "toy.broken"):
        happen(type=type_)
    stream = listen("?after=3&types=toy.broken,toy.mended").opened()
    happen(type="toy.broken")
    happen()
    happen(type="toy.mended")
    assert stream.events(2) == [4, 6]


def test_who_comes_back_misses_and_repeats_nothing(listen):
    """Whenever the connection is lost: what was read last is where it goes on."""
    seen, last, query = [], {}, "?after=0"
    writing = InThread(lambda: [happen(count=2) for _ in range(50)])
    for count in [1, 7, 30, 2, 60]:
        with closing(listen(query, **last)) as stream:
            seen += stream.events(count)
            last = {"Last-Event-ID": stream.last}
    writing.result()
    assert seen == list(range(1, 101))


def test_one_that_saw_no_event_comes_back_to_where_it_began(listen):
    happen()
    with closing(listen().opened()) as stream:
        last = stream.last
    happen()
    assert listen(**{"Last-Event-ID": last}).opened().events(1) == [2]


def test_an_id_of_a_log_that_was_restored_is_worth_nothing(listen, settings, tmp_path):
    settings.HOME = tmp_path
    happen()
    with closing(listen().opened()) as stream:
        last = stream.last
    raise_epoch("a test")
    answer = listen(**{"Last-Event-ID": last}).answer
    assert (answer.status, answer.headers["Content-Type"]) == (410, "application/problem+json")


def test_who_goes_away_leaves_nothing_behind(listen):
    stream = listen().opened()
    until(lambda: listening() == 1, "the connection")
    stream.close()
    until(lambda: listening() == 0, "its end")


def test_a_page_follows_the_log_with_its_session(served, client, listen):
    client.force_login(user(SAM))
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}", "Authorization": ""}
    with closing(Listener(served, {**cookie, "Accept": "text/event-stream"})) as page:
        page.opened()
        happen()
        assert page.events(1) == [1]


def test_a_server_that_is_told_to_stop_ends_what_waits():
    happen()
    with serving() as server:
        client, other = Client(server), Client(server)
        with closing(Listener(server, client.headers)) as stream, closing(other.connection):
            stream.opened()
            asked = InThread(lambda: other.ask("GET", "/api/v1/events?after=1&wait=60"))
            until(lambda: listening() == 1, "the connection")
            server.tell_to_stop()
            assert stream.ends()
            assert (asked.result().status, server.ends_within(5)) == (200, True)
        assert "Application callable raised" not in server.log.read_text()


# --- a read that waits -----------------------------------------------------------------------


def waiting(client, query):
    return InThread(lambda: client.ask("GET", f"/api/v1/events?{query}").content)


def test_a_read_waits_until_there_is_something(clients):
    happen(type="toy.broken")
    asked = waiting(clients(), "after=1&wait=60")
    filtered = waiting(clients(), "after=1&types=toy.broken&wait=60")
    until(lambda: listening() == 1, "the connection")
    happen()
    assert b'"position":2,"events":[{' in asked.result()
    assert filtered.is_alive()
    happen(type="toy.broken")
    assert b'"type":"toy.broken"' in filtered.result()


def test_a_read_does_not_wait_for_what_is_there(clients):
    happen(count=2)
    assert b'"position":2' in waiting(clients(), "after=1&wait=60").result()


def test_a_read_that_waited_for_nothing_says_so(clients):
    happen()
    assert waiting(clients(), "after=1&wait=1").result() == (
        b'{"position":1,"events":[],"has_more":false}'
    )


@pytest.mark.parametrize("query", ["after=2&wait=60", "wait=61", "wait=-1", "wait=1.5", "wait="])
def test_a_read_that_makes_no_sense_does_not_wait(clients, query):
    happen()
    assert b'"code": "malformed"' in waiting(clients(), query).result()
