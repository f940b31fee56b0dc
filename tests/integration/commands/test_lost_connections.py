"""A connection that is lost: nothing is done twice, and nobody is told what is not so."""

import socket
from contextlib import closing

import pytest
from django.db import OperationalError, connection, connections

from commands.engine import deciding
from commands.engine.deciding import decide, settle
from commands.engine.errors import OutcomeUnknown
from commands.engine.models import Request
from projections.ledger.models import Balance
from tests.examples.asking import asking, rich
from tests.examples.connections import InThread, another_connection, blocked, until
from tests.examples.ledger import pay
from tests.examples.worlds import again

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = """
CREATE FUNCTION wait_for_it() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_for_it()"""


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 500)
    rich("bob", 0)


def posted(code):
    return Balance.objects.get(account=code).posted


def cut(raw):
    """Take the connection away from under psycopg."""
    with closing(socket.fromfd(raw.pgconn.socket, socket.AF_UNIX, socket.SOCK_STREAM)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def losing_it(monkeypatch, *, sent, wait=True):
    """The next commit of this thread loses its connection, before or after COMMIT was sent.

    With `wait` that is when the server has done it.
    """
    wrapper = type(connections["default"])
    real, left = wrapper._commit, [None]

    def commit(self):
        raw = self.connection
        if raw is not None and left:
            left.pop()
            if sent:
                raw.pgconn.send_query(b"COMMIT")
                raw.pgconn.flush()
            if sent and wait:
                until(lambda: not is_active(raw.info.backend_pid), "the end of COMMIT")
            cut(raw)
        return real(self)

    monkeypatch.setattr(wrapper, "_commit", commit)


def is_active(pid):
    with another_connection() as other:
        found = other.execute(
            "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state <> 'idle'", [pid]
        )
        return found.fetchone() is not None


def test_what_was_committed_is_told_though_nobody_answered(monkeypatch):
    asked = asking(pay("ann", "bob", 5))
    losing_it(monkeypatch, sent=True)
    (outcome,) = decide([asked])
    assert (outcome.status, outcome.request) == ("succeeded", asked.id)
    assert (posted("bob"), Request.objects.filter(id=asked.id).count()) == (5, 1)


def test_what_never_got_to_its_commit_is_decided_anew(monkeypatch):
    asked = asking(pay("ann", "bob", 5))
    losing_it(monkeypatch, sent=False)
    (outcome,) = decide([asked])
    assert (outcome.status, posted("bob")) == ("succeeded", 5)


def test_a_commit_that_is_still_under_way_is_waited_for(monkeypatch, slow_commit):
    """The server goes on with a COMMIT whose client is gone."""
    asked = asking(pay("ann", "bob", 5))
    losing_it(monkeypatch, sent=True, wait=False)
    with another_connection() as other:
        other.execute("SELECT pg_advisory_lock(4711)")
        waiting = InThread(lambda: decide([asked]))
        until(blocked("advisory"), "COMMIT under way")
        assert not Request.objects.filter(id=asked.id).exists()
    (outcome,) = waiting.result()
    assert (outcome.status, posted("bob")) == ("succeeded", 5)
    assert Request.objects.filter(id=asked.id).count() == 1


def test_it_is_unknown_what_became_of_a_commit_that_does_not_end(
    monkeypatch, slow_commit, settings
):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    asked = [asking(pay("ann", "bob", 5)), asking(pay("ann", "bob", 6))]
    losing_it(monkeypatch, sent=True, wait=False)
    with another_connection() as other:
        other.execute("SELECT pg_advisory_lock(4711)")
        found = InThread(lambda: settle(asked)).result()
        assert all(isinstance(each, OutcomeUnknown) for each in found)
        assert [each.facts["request"] for each in found] == [str(each.id) for each in asked]
    until(lambda: Request.objects.filter(id=asked[0].id).exists(), "the end of COMMIT")
    monkeypatch.undo()
    (outcome,) = decide([again(asked[0])])
    assert outcome.succeeded


def test_what_was_committed_is_told_whatever_went_wrong_while_it_was_asked_after(monkeypatch):
    asked = [asking(pay("ann", "bob", n)) for n in (5, 6)]
    losing_it(monkeypatch, sent=True)
    real, left = deciding._is_running, [OSError("no such socket")]

    def is_running(transaction):
        if left:
            raise left.pop()
        return real(transaction)

    monkeypatch.setattr(deciding, "_is_running", is_running)
    assert [each.status for each in settle(asked)] == ["succeeded"] * 2
    assert (posted("bob"), left) == (11, [])


def test_it_is_unknown_what_became_of_it_when_the_database_stays_away(monkeypatch, settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.2
    asked = asking(pay("ann", "bob", 5))
    losing_it(monkeypatch, sent=True)

    def away(transaction):
        raise OperationalError

    monkeypatch.setattr(deciding, "_is_running", away)
    with pytest.raises(OutcomeUnknown):
        decide([asked])
    assert posted("bob") == 5


def test_a_backend_that_is_ended_before_the_commit_is_replaced(monkeypatch):
    asked = asking(pay("ann", "bob", 5))
    real, left = deciding.write_all, [None]

    def ended(*arguments):
        if left:
            left.pop()
            pid = connection.connection.info.backend_pid
            with another_connection() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return real(*arguments)

    monkeypatch.setattr(deciding, "write_all", ended)
    (outcome,) = decide([asked])
    assert (outcome.status, posted("bob")) == ("succeeded", 5)


@pytest.fixture
def slow_commit():
    """A commit that stores a request waits for whoever holds an advisory lock."""
    table = Request._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(SLOW.format(table=table))
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER slow ON {table}; DROP FUNCTION wait_for_it")
