"""When X happened, ask for Y: once for each event, whatever comes in between."""

import pytest

from commands.engine import reactions
from commands.engine.errors import DEEPEST
from commands.engine.models import Caused, Notification, Request
from commands.engine.reactions import Tell, reaction
from eventstore.events.ledger import AccountCredited, AccountOpened, id_of
from eventstore.listeners.following import follow
from eventstore.listeners.listener import listeners
from eventstore.listeners.status import status_of
from eventstore.listeners.steering import intervene
from eventstore.reading import checkpoint, latest_position, read_all
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account
from tests.examples.people import ANN, SAM
from tests.examples.reacting import NAME, asked, follow_all, give, posted

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_two_reactions_to_one_event_draw_ids_of_their_own(world):
    def present(happened):
        yield give(happened, happened.event.code)

    ask(open_account("ann"))
    for name in ("one", "two"):
        reaction(name, AccountCredited)(lambda happened: [])
        reaction(f"gift {name}", AccountOpened)(
            lambda happened: present(happened) if happened.event.code == "ann" else ()
        )
    follow_all()
    assert (posted("ann"), asked().count()) == (2, 2)
    assert {status_of(each).state for each in listeners()} == {"running"}


def test_one_that_learns_to_tell_somebody_asks_for_nothing_a_second_time(world):
    ask(open_account("ann"))
    tells: list[Tell] = []

    @reaction("gift", AccountOpened)
    def gift(happened):
        if happened.event.code == "ann":
            yield from tells
            yield give(happened, "ann")

    follow_all()
    tells.append(Tell(ANN.id, "gift", "Here you are."))
    (listener,) = listeners()
    intervene(listener, "replay", by=SAM.id, reason="Tell them too", position=0)
    follow_all()
    assert (posted("ann"), asked().count()) == (1, 1)
    assert status_of(listener).state == "running"
    assert Notification.objects.filter(kind="gift").count() == 1


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
