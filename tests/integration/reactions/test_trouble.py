"""Reactions in trouble: what stops one, what it waits for, and whom that disturbs."""

import psycopg
import pytest
from django.db import OperationalError, connection

from commands.access.principal import SYSTEM
from commands.engine.models import Notification
from commands.engine.reactions import Tell, reaction
from eventstore.appending import advance
from eventstore.epoch import raise_epoch
from eventstore.events.ledger import AccountOpened
from eventstore.listeners import worker
from eventstore.listeners.following import follow
from eventstore.listeners.listener import Listener, listeners, register
from eventstore.listeners.status import status_of
from eventstore.listeners.steering import NotPossible, intervene
from eventstore.reading import checkpoint, latest_position, read_all
from tests.examples.asking import ask
from tests.examples.connections import HEAD, KEY_LOCK, another_connection
from tests.examples.ledger import open_account
from tests.examples.people import ANN, SAM
from tests.examples.reacting import NAME, asked, follow_all, give, posted

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_stops_before_an_event_that_it_cannot_handle_and_others_go_on(world, caplog):
    def broken(happened):
        if happened.event.code == "customers:bad":
            raise ZeroDivisionError("no such customer")
        yield give(happened, happened.event.code)

    reaction("broken", AccountOpened)(broken)
    reaction("whole", AccountOpened)(lambda h: [Tell(ANN.id, "opened", h.event.code)])
    ask(open_account("customers:1"))
    bad = ask(open_account("customers:bad"))
    ask(open_account("customers:2"))
    follow_all()
    status = {each.name: status_of(each) for each in listeners()}
    assert (status["broken"].state, status["whole"].state) == ("stopped", "running")
    assert status["broken"].stopped_before == bad.position
    assert status["broken"].error == "ZeroDivisionError: no such customer"
    assert Notification.objects.count() == 4
    assert posted("customers:1") == 1
    assert posted("customers:2") == 0
    with pytest.raises(NotPossible, match=f"stopped before position {bad.position}, not 1"):
        intervene(listeners()[0], "skip", by=SAM.id, reason="Known", position=1)
    intervene(listeners()[0], "skip", by=SAM.id, reason="Known", position=bad.position)
    follow_all()
    assert (posted("customers:bad"), posted("customers:2")) == (0, 1)


UNSOUND = """
CREATE TABLE unsound (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO unsound VALUES (1)"""


@pytest.fixture
def unsound():
    """A table in which what is wrong comes out in the end."""
    with connection.cursor() as cursor:
        cursor.execute(UNSOUND)
        yield
        cursor.execute("DROP TABLE unsound")


def test_so_it_does_where_that_comes_out_as_all_is_committed(world, unsound):
    def note(events):
        with connection.cursor() as cursor:
            for each in events:
                number = 1 if each.data["code"] == "customers:bad" else 1 + each.position
                cursor.execute("INSERT INTO unsound VALUES (%s)", [number])

    register(Listener("late", "other", ["ledger.account_opened"], note))
    ask(open_account("customers:1"))
    bad = ask(open_account("customers:bad"))
    follow_all()
    status = status_of(listeners()[0])
    assert (status.state, status.stopped_before) == ("stopped", bad.position)
    assert status.position == bad.position - 1
    assert status.error.startswith("IntegrityError: duplicate key value violates unique")


def test_so_it_does_whatever_the_error_says(world):
    def fail(events):
        raise ValueError("a NUL \0 in it")

    register(Listener("strange", "other", (), fail))
    follow_all()
    assert status_of(listeners()[0]).error == "ValueError: a NUL  in it"


def test_an_account_that_another_holds_is_waited_for(world, bonus):
    follow_all()
    ask(open_account("customers:1"))
    with another_connection() as other:
        other.execute(HEAD.format("world"))
        assert follow(bonus) == 0
        assert not asked()
        assert status_of(bonus).state == "running"
    follow_all()
    assert asked().count() == 1


def test_another_worker_that_has_it_is_not_waited_for(world, bonus):
    ask(open_account("customers:1"))
    follow(bonus)
    ask(open_account("customers:2"))
    with another_connection() as other:
        other.execute("SELECT FROM eventstore_listenerstate WHERE name = 'bonus' FOR UPDATE")
        assert follow(bonus) == 0
    follow_all()
    assert asked().count() == 2


def test_one_that_fails_in_whatever_way_holds_up_no_other(world, monkeypatch):
    """Also if it is no event's fault."""

    def fail(events):
        raise OperationalError("the disk is full") from psycopg.errors.DiskFull("the disk is full")

    register(Listener("a failing one", "reaction", (), fail))
    reaction("whole", AccountOpened)(lambda h: [Tell(ANN.id, "opened", h.event.code)])
    worker.step()
    assert Notification.objects.count() == 1
    failing, whole = listeners()
    assert (status_of(failing).position, status_of(whole).lag_events) == (0, 0)


def test_a_statement_that_takes_longer_than_it_may_stops_its_listener(world):
    """It would take as long the next time; staff see it, and retry."""

    @reaction("slow", AccountOpened)
    def slow(happened):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '10ms'")
            cursor.execute("SELECT pg_sleep(5)")

    follow_all()
    status = status_of(listeners()[0])
    assert (status.state, status.stopped_before) == ("stopped", 1)
    assert "statement timeout" in status.error


def test_what_is_being_decided_elsewhere_is_waited_for(world, bonus):
    """Who was killed in the middle may hold the key for a while: nothing is passed over."""
    opened = ask(open_account("customers:1"))
    (event,) = read_all(after=opened.position - 1, limit=1)
    done = bonus.position
    with another_connection() as other:
        other.execute(KEY_LOCK, [SYSTEM.user, f"{NAME}:{event.id}:0"])
        follow(bonus)
        assert bonus.position < event.position
        assert done <= bonus.position
        assert (asked().count(), Notification.objects.count()) == (0, 0)
    follow_all()
    assert (posted("customers:1"), asked().count()) == (1, 1)


def test_an_error_that_no_text_can_keep_stops_it_all_the_same(world):
    @reaction("odd", AccountOpened)
    def odd(happened):
        raise ValueError("a NUL \0 in it")

    follow_all()
    assert status_of(listeners()[0]).error == "ValueError: a NUL  in it"


def test_after_a_restore_that_lost_events_it_goes_on_at_the_end_of_the_log(world, bonus):
    """The events that take the positions of those that are lost are events as any others."""
    follow_all()
    advance(bonus.consumer, latest_position() + 5)
    raise_epoch("Restored from a dump")
    assert checkpoint(bonus.consumer) == latest_position()
    ask(open_account("customers:1"))
    follow_all()
    assert asked().count() == 1
