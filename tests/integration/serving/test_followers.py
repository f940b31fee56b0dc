"""docs/listeners.md: a program that follows the log from outside, whatever happens meanwhile."""

import re
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from commands.access.models import Token
from eventstore.epoch import raise_epoch
from eventstore.store import latest_position
from tests import tree
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.forging import cut
from tests.examples.ledger import pay
from tests.examples.people import VIC

pytestmark = pytest.mark.django_db(transaction=True)

CODE = re.findall(
    r"^```python\n((?:import http|def once).*?)^```",
    tree.text(tree.Path("docs/listeners.md")),
    re.DOTALL | re.MULTILINE,
)


class Killed(Exception):
    """It was killed with this event in its hands."""


class Program:
    """A program that is started with `run`, and killed when it has been handed an event.

    It is told to sleep in vain: `slept` says for how long, and `meanwhile` is done instead.
    """

    def __init__(self, url, checkpoint):
        self.seen, self.slept, self.checkpoint = [], [], checkpoint
        self.meanwhile = lambda: None
        self.known = {}
        for each in CODE:
            exec(each, self.known)
        self.known["time"] = SimpleNamespace(sleep=self._sleep)
        self._api, self._token = f"{url}/api/v1", str(Token.issue(user(VIC)))

    def _sleep(self, seconds):
        self.slept.append(seconds)
        assert len(self.slept) < 100, "it waits in vain"
        self.meanwhile()

    def run(self, until, handle=None):
        def handed(event):
            self.seen.append(event["position"])
            (handle or (lambda event: None))(event)
            if event["position"] == until:
                raise Killed

        with pytest.raises(Killed):
            self.known["follow"](self._api, self._token, self.checkpoint, handed, wait=1)


@pytest.fixture
def program(served, tmp_path):
    rich("ann", 100)
    return Program(served.url, tmp_path / "checkpoint")


def test_it_goes_on_where_it_was_and_misses_nothing(program):
    program.run(2)
    assert (program.seen, program.checkpoint.read_text()) == ([1, 2], "1:1")
    ask(pay("ann", "world", 1))
    program.run(latest_position())
    assert program.seen == [1, *range(2, 3), *range(2, latest_position() + 1)]


def test_it_waits_for_a_server_that_is_started_again(program, served):
    program.run(2)
    served.stop()
    program.meanwhile = lambda: served.is_listening() or served.start()
    try:
        program.run(3)
    finally:
        program.meanwhile()
    assert program.seen == [1, 2, 2, 3]
    assert set(program.slept) == {1}


EVENTS = b'{"events": [{"position": 1}]}'
HEADERS = {"Daybook-Epoch": "1", "Content-Length": str(len(EVENTS))}


def test_it_waits_as_long_as_it_is_told_and_takes_no_half_answer(program, tmp_path):
    answers = [
        (503, {"Retry-After": "7"}, b""),
        (429, {"Retry-After": "3"}, b""),
        (200, HEADERS, EVENTS[:-5]),
        (502, {}, b""),
        (200, HEADERS, EVENTS),
    ]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        other = Program(f"http://127.0.0.1:{server.server_port}", tmp_path / "other")
        try:
            other.run(1)
        finally:
            server.shutdown()
            thread.join()
    assert (other.slept, other.seen, answers) == ([7, 3, 1, 1], [1], [])


def test_what_is_refused_for_good_ends_it(program):
    Token.objects.all().delete()
    with pytest.raises(program.known["urllib"].error.HTTPError, match="401"):
        program.run(1)


def noting(database):
    database.execute("CREATE TABLE IF NOT EXISTS noted (position INTEGER)")

    def note(event):
        database.execute("INSERT INTO noted VALUES (?)", [event["position"]])

    return note


def noted(database):
    return [position for (position,) in database.execute("SELECT position FROM noted")]


@pytest.fixture
def database(tmp_path):
    with sqlite3.connect(tmp_path / "effects") as made:
        yield made
    made.close()


def test_what_comes_twice_is_done_once(program, database):
    once = program.known["once"](database, noting(database))
    program.run(3, once)
    program.run(latest_position(), once)
    assert program.seen.count(3) == 2
    assert noted(database) == [*range(1, latest_position() + 1)]


def test_what_fails_is_not_remembered_as_done(program, database):
    note = noting(database)

    def fail(event):
        note(event)
        raise Killed

    event = {"id": "a", "position": 1}
    with pytest.raises(Killed):
        program.known["once"](database, fail)(event)
    assert noted(database) == []
    program.known["once"](database, note)(event)
    assert noted(database) == [1]


def test_a_log_that_was_restored_and_has_outgrown_it_hides_nothing(
    program, database, settings, tmp_path
):
    settings.HOME = tmp_path
    once, backup = program.known["once"](database, noting(database)), latest_position()
    for _ in range(2):
        ask(pay("ann", "world", 1))
    lost = latest_position()
    program.run(lost, once)
    assert program.checkpoint.read_text() == f"1:{lost - 1}"
    cut(backup)
    epoch = raise_epoch("restored")
    for _ in range(3):
        ask(pay("ann", "world", 2))
    assert latest_position() > lost
    program.run(latest_position(), once)
    assert program.checkpoint.read_text() == f"{epoch}:{latest_position() - 1}"
    new = [*range(backup + 1, latest_position() + 1)]
    assert noted(database) == [*range(1, lost + 1), *new]
