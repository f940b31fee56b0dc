"""What was never a command is remembered by the real server, on its event loop and in threads."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from commands.engine.attempts import MOST
from commands.engine.models import Request
from eventstore.ids import uuid7
from tests.examples.asking import rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.factories import user
from tests.examples.people import ANN, Person
from tests.examples.serving import Client

pytestmark = pytest.mark.django_db(transaction=True)

WRONG = {"from": "ann", "to": "world", "amount": "1.0"}


@pytest.fixture
def make(served):
    """Makes clients of somebody new, and hangs up for them in the end."""
    rich("ann", 500, owner=ANN)
    id_, made = uuid7(), []

    def client():
        made.append(Client(served, Person(f"newcomer {id_}", id_)))
        return made[-1]

    yield client
    for each in made:
        each.connection.close()


@pytest.fixture
def newcomer(make):
    """Somebody whom the server has not met in this minute."""
    return make()


def row_of(answer) -> Request:
    return Request.objects.get(id=answer.headers["Daybook-Request"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (WRONG, 400),
        ({**WRONG, "description": "x" * 20_000}, 400),
        ({**WRONG, "description": "x" * 1_100_000}, 413),
    ],
)
def test_it_is_there_when_its_answer_is(newcomer, body, status):
    """A small body is read on the event loop, a larger one in a thread."""
    answer = newcomer.ask("POST", "/api/v1/transfers", body)
    row = row_of(answer)
    assert (answer.status, row.status, row.http_status) == (status, "malformed", status)
    assert (row.command, row.source) == ("post_transfer", "api")
    told = json.loads(newcomer.ask("GET", f"/api/v1/requests/{row.id}").content)
    assert told["answer"] == {"status": status, "body": json.loads(answer.content)}


def test_another_kind_of_body_is_kept_as_text(newcomer):
    headers = {"Content-Type": "application/x-www-form-urlencoded", **newcomer.headers}
    newcomer.connection.request("POST", "/api/v1/transfers", "from=ann", headers)
    answer = newcomer.connection.getresponse()
    assert (answer.status, row_of(answer).payload) == (415, {"text": "from=ann"})


@pytest.mark.parametrize(
    ("body", "kind", "status", "kept"),
    [
        ("{", "application/json", 400, {"text": "{"}),
        ("from=ann", "application/x-www-form-urlencoded", 415, {"text": "from=ann"}),
    ],
)
def test_so_is_that_of_a_session(make, client, body, kind, status, kept):
    client.force_login(user(ANN))
    page = make()
    secret = "a" * 32
    page.headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}; csrftoken={secret}"}
    for token, expected in (("b" * 32, 403), (secret, status)):
        headers = {**page.headers, "X-CSRFToken": token, "Content-Type": kind}
        page.connection.request("POST", "/api/v1/transfers", body, headers)
        answer = page.connection.getresponse()
        answer.read()
        assert answer.status == expected
        # Without its token it need not be of the user whose session it came with.
        assert Request.objects.filter(status__in=["malformed", "refused"]).exists() is (
            token == secret
        )
    assert (row_of(answer).payload, row_of(answer).principal) == (kept, ANN.id)


def test_many_at_once_are_kept_up_to_the_most(make):
    several = [make() for _ in range(5)]

    def ask(asking: Client) -> list[int]:
        return [asking.ask("POST", "/api/v1/transfers", WRONG).status for _ in range(MOST // 4)]

    with ThreadPoolExecutor(5) as threads:
        statuses = list(threads.map(ask, several))
    assert statuses == [[400] * (MOST // 4)] * 5
    # More only where a minute ended meanwhile.
    assert Request.objects.filter(status="malformed").count() >= MOST


def test_while_a_row_waits_to_be_stored_the_event_loop_goes_on(make, newcomer):
    with another_connection() as holder:
        holder.execute("LOCK TABLE commands_request IN EXCLUSIVE MODE")
        waiting = InThread(lambda: newcomer.ask("POST", "/api/v1/transfers", WRONG))
        until(blocked("relation"), "the row that waits")
        assert make().ask("GET", "/healthz").status == 200
        holder.rollback()
    assert row_of(waiting.result()).status == "malformed"


def test_one_that_cannot_be_stored_is_answered_all_the_same(served, newcomer):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE commands_request RENAME TO elsewhere")
        try:
            answer = newcomer.ask("POST", "/api/v1/transfers", WRONG)
        finally:
            cursor.execute("ALTER TABLE elsewhere RENAME TO commands_request")
    assert (answer.status, json.loads(answer.content)["code"]) == (400, "malformed")
    assert "are not kept" in served.log.read_text()
    assert row_of(newcomer.ask("POST", "/api/v1/transfers", WRONG)).status == "malformed"
