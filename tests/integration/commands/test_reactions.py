"""When X happened, ask for Y: once for each event, whatever comes in between."""

import psycopg
import pytest
from django.db import OperationalError, connection

from commands.engine import reactions
from commands.engine.errors import DEEPEST
from commands.engine.models import Caused, Notification, Request
from commands.engine.reactions import Tell, reaction
from commands.ledger.messages import PostTransfer
from eventstore.appending import advance
from eventstore.epoch import raise_epoch
from eventstore.events.ledger import AccountCredited, AccountOpened, Leg, id_of
from eventstore.listeners import worker
from eventstore.listeners.following import follow
from eventstore.listeners.listener import Listener, listeners, register
from eventstore.listeners.status import status_of
from eventstore.listeners.steering import NotPossible, intervene
from eventstore.reading import checkpoint, latest_position, read_all
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.connections import HEAD, another_connection
from tests.examples.ledger import open_account
from tests.examples.people import ANN, SAM
from tests.examples.reacting import follow_all, only_those_of_this_test

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "bonus"


@pytest.fixture(autouse=True)
def alone():
    with only_those_of_this_test():
        yield


def give(happened, to, amount=1):
    """A transfer from the outside world."""
    legs = (Leg("world", "debit", amount), Leg(to, "credit", amount))
    return PostTransfer(transfer=happened.new_id("gift"), legs=legs, short=True)


@pytest.fixture
def bonus():
    """Whoever opens an account is given 1."""

    @reaction(NAME, AccountOpened)
    def welcome(happened):
        if happened.event.code.startswith("customers:"):
            yield give(happened, happened.event.code)
            yield Tell(ANN.id, "bonus", f"{happened.event.code} has a bonus.", happened.event.code)

    return listeners()[0]


@pytest.fixture
def world():
    ask(open_account("world", overdraft_limit=None))


def posted(code):
    found = Balance.objects.get(account=code)
    return found.credits - found.debits


def asked():
    return Request.objects.filter(source="reaction")


def test_it_asks_the_one_handler_and_tells_people(world, bonus):
    opened = ask(open_account("customers:1"))
    follow_all()
    assert posted("customers:1") == 1
    (request,) = asked()
    (event,) = read_all(after=opened.position - 1, limit=1)
    assert (request.status, request.command) == ("succeeded", "post_transfer")
    assert request.key == f"{NAME}:{event.id}:0"
    (told,) = Notification.objects.all()
    assert (told.user, told.kind, told.account) == (ANN.id, "bonus", "customers:1")
    assert told.text == "customers:1 has a bonus."


def test_what_it_asked_for_goes_back_to_the_event_and_to_who_began_it(world, bonus):
    opened = ask(open_account("customers:1"))
    follow_all()
    (request,) = asked()
    (event,) = read_all(after=opened.position - 1, limit=1)
    made = read_all(after=opened.position)
    assert {
        (e.metadata["correlation"], e.metadata["causation"], e.metadata["depth"]) for e in made
    } == {(str(opened.request), str(event.id), 1)}
    caused = Caused.objects.get()
    assert (caused.request, caused.event, caused.reaction) == (request.id, event.id, NAME)
    assert (caused.correlation, caused.depth) == (opened.request, 1)


def test_events_of_others_do_not_concern_it(world, bonus):
    ask(open_account("ann"))
    follow_all()
    assert not asked()
    assert checkpoint(bonus.consumer) == latest_position()


def test_a_replay_changes_nothing_twice(world, bonus):
    ask(open_account("customers:1"))
    follow_all()
    head = latest_position()
    intervene(bonus, "replay", by=SAM.id, reason="To be sure", position=0)
    assert status_of(bonus).lag_events == head
    follow_all()
    assert (posted("customers:1"), asked().count(), Notification.objects.count()) == (1, 1, 1)
    assert latest_position() == head


def test_many_events_are_answered_in_one_transaction(world, bonus):
    for number in range(5):
        ask(open_account(f"customers:{number}"))
    assert follow(bonus) == 6  # Also the opening of the outside world.
    assert asked().count() == 5


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


def test_reactions_to_reactions_come_to_an_end(world):
    """Each gift calls for another one."""

    @reaction("generous", AccountCredited)
    def give_more(happened):
        yield give(happened, id_of(happened.recorded.stream))

    rich("ann", 10)
    begun = Request.objects.latest("id")
    follow_all()
    assert posted("ann") == 10 + DEEPEST
    assert [each.status for each in asked().order_by("id")] == ["succeeded"] * DEEPEST + ["refused"]
    last = asked().latest("id")
    assert last.answer["code"] == "reactions-too-deep"
    assert set(Caused.objects.values_list("correlation", flat=True)) == {begun.id}
    assert Caused.objects.get(request=last.id).depth == DEEPEST + 1


def test_what_is_refused_is_remembered_and_holds_nothing_up(bonus):
    """There is no outside world to give a bonus."""
    ask(open_account("customers:1"))
    follow_all()
    (request,) = asked()
    assert (request.status, request.answer["code"]) == ("refused", "account-not-found")
    assert status_of(bonus).state == "running"


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


def test_an_error_that_no_text_can_keep_stops_it_all_the_same(world):
    @reaction("odd", AccountOpened)
    def odd(happened):
        raise ValueError("a NUL \0 in it")

    follow_all()
    assert status_of(listeners()[0]).error == "ValueError: a NUL  in it"


def test_a_pause_lasts_until_it_is_resumed(world, bonus):
    intervene(bonus, "pause", by=SAM.id, reason="Too generous")
    ask(open_account("customers:1"))
    follow_all()
    assert (status_of(bonus).state, asked().count()) == ("paused", 0)
    intervene(bonus, "resume", by=SAM.id, reason="We can afford it")
    follow_all()
    assert asked().count() == 1


def test_one_event_cannot_ask_for_more_than_is_decided_together(world):
    @reaction("greedy", AccountOpened)
    def too_much(happened):
        for number in range(reactions.MAX_BATCH + 1):
            yield give(happened, happened.event.code, number + 1)

    follow_all()
    assert status_of(listeners()[0]).error.startswith("AsksTooMuch: greedy asks for 257 commands")


def test_after_a_restore_that_lost_events_it_goes_on_at_the_end_of_the_log(world, bonus):
    """The events that take the positions of those that are lost are events as any others."""
    follow_all()
    advance(bonus.consumer, latest_position() + 5)
    raise_epoch("Restored from a dump")
    assert checkpoint(bonus.consumer) == latest_position()
    ask(open_account("customers:1"))
    follow_all()
    assert asked().count() == 1
