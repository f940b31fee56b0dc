"""A reaction that watches accounts sees each event with the states before and after it."""

import pytest

from commands.engine import watching
from commands.engine.models import Notification, Watched
from commands.engine.reactions import Tell, reaction
from commands.ledger.messages import ChangeAccountDetails, ChangeOverdraftLimit, CloseAccount
from eventstore.events.ledger import (
    AccountClosed,
    AccountCredited,
    AccountDebited,
    AccountDetailsChanged,
)
from eventstore.listeners.listener import listeners
from eventstore.listeners.steering import intervene
from eventstore.models import Intervention
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay
from tests.examples.people import ANN, SAM
from tests.examples.reacting import follow_all, only_those_of_this_test

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alone():
    with only_those_of_this_test():
        yield


@pytest.fixture
def falling():
    """What was seen of accounts since they were given a new name, and until they are closed."""
    seen = []

    @reaction(
        "falling", AccountDetailsChanged, AccountCredited, AccountDebited, AccountClosed,
        watches=AccountDetailsChanged, until=lambda account: account.closed,
    )  # fmt: skip
    def fall(happened):
        seen.append((happened.recorded.version, happened.before.posted, happened.after.posted))
        if happened.before.posted >= 10 > happened.after.posted:
            yield Tell(ANN.id, "low", f"{happened.after.code} has {happened.after.posted}")

    return seen


@pytest.fixture
def quiet():
    """What was seen of accounts from a new name on until they have less than ten."""
    seen = []

    @reaction(
        "quiet", AccountDetailsChanged, AccountCredited, AccountDebited,
        watches=AccountDetailsChanged, until=lambda account: account.posted < 10,
    )  # fmt: skip
    def note(happened):
        seen.append(happened.recorded.version)
        return ()

    return seen


def named_anew(code="ann"):
    return ask(ChangeAccountDetails(account=code, name="Anna"))


def test_it_sees_each_event_of_a_watched_account_with_the_states_around_it(falling):
    rich("ann", 12)
    named_anew()
    for amount in (1, 5, 2):
        ask(pay("ann", "world", amount))
    follow_all()
    assert falling == [(3, 12, 12), (4, 12, 11), (5, 11, 6), (6, 6, 4)]
    assert [each.text for each in Notification.objects.all()] == ["ann has 6"]


def test_it_is_the_same_event_by_event(falling):
    rich("ann", 12)
    named_anew()
    follow_all()
    for amount in (1, 5, 2):
        ask(pay("ann", "world", amount))
        follow_all()
    assert falling == [(3, 12, 12), (4, 12, 11), (5, 11, 6), (6, 6, 4)]
    assert Watched.objects.get().version == 6


def test_events_of_other_types_in_between_are_part_of_the_state(falling):
    rich("ann", 12)
    named_anew()
    follow_all()
    ask(ChangeOverdraftLimit(account="ann", overdraft_limit=5, reason="Good customer"))
    ask(pay("ann", "world", 14))
    follow_all()
    assert falling[1:] == [(5, 12, -2)]
    assert Watched.objects.get().state["overdraft_limit"] == "5"


def test_an_account_that_is_closed_is_watched_no_more(falling):
    rich("ann", 12)
    named_anew()
    follow_all()
    ask(pay("ann", "world", 12))
    ask(CloseAccount(account="ann", reason="Left"))
    follow_all()
    assert falling[-1][0] == 5
    assert Watched.objects.get().version == 5


def test_a_replay_shows_the_same_states_and_tells_nothing_twice(falling):
    rich("ann", 12)
    named_anew()
    ask(pay("ann", "world", 5))
    follow_all()
    seen = list(falling)
    falling.clear()
    (listener,) = listeners()
    intervene(listener, "replay", by=SAM.id, reason="To be sure", position=0)
    follow_all()
    assert falling == seen
    assert Notification.objects.count() == 1


def test_a_replay_finds_a_watch_that_has_ended_since(falling):
    """Also when it goes back to between the watch's first event and its last."""
    rich("ann", 12)
    named_anew()
    fell = ask(pay("ann", "world", 5)).position
    ask(pay("ann", "world", 7))
    ask(CloseAccount(account="ann", reason="Left"))
    follow_all()
    seen = list(falling)
    falling.clear()
    (listener,) = listeners()
    for position in (fell - 3, 0):
        intervene(listener, "replay", by=SAM.id, reason="It was wrong", position=position)
        follow_all()
    assert falling == seen[1:] + seen


def test_what_comes_after_the_end_of_a_watch_is_not_looked_at(quiet):
    """Until there is another one; then what came in between is part of the state."""
    rich("ann", 12)
    named_anew()
    follow_all()
    ask(pay("ann", "world", 5))
    follow_all()
    ask(pay("world", "ann", 20))
    follow_all()
    assert Watched.objects.get().version == 4
    named_anew("ann")
    ask(ChangeAccountDetails(account="ann", name="Ann"))
    follow_all()
    assert quiet == [3, 4, 6]


@pytest.mark.parametrize("replayed", [False, True])
def test_a_watch_that_has_ended_goes_on_by_no_later_state(quiet, replayed):
    """Its end, and what came after it, may be seen together."""
    rich("ann", 12)
    named_anew()
    ask(pay("ann", "world", 5))
    if replayed:
        follow_all()
    ask(pay("world", "ann", 20))
    follow_all()
    if replayed:
        (listener,) = listeners()
        intervene(listener, "replay", by=SAM.id, reason="To be sure", position=0)
        follow_all()
    ask(pay("ann", "world", 1))
    follow_all()
    assert quiet == [3, 4] * (1 + replayed)


def test_a_watch_begins_also_where_its_first_event_is_left_out(falling):
    rich("ann", 12)
    skipped = named_anew().position
    Intervention.objects.create(
        follower="falling", action="skip", position=skipped, reason="Bad", by=SAM.id
    )
    follow_all()
    for amount in (1, 5):
        ask(pay("ann", "world", amount))
        follow_all()
    assert falling == [(4, 12, 11), (5, 11, 6)]


def test_a_state_that_other_code_kept_is_folded_anew(falling):
    rich("ann", 12)
    named_anew()
    follow_all()
    Watched.objects.update(code="older", state={"credits": "999"})
    ask(pay("ann", "world", 5))
    follow_all()
    assert falling[-1] == (4, 12, 7)


def test_a_long_stream_is_folded_in_pieces(falling, monkeypatch):
    monkeypatch.setattr(watching, "CHUNK", 2)
    rich("ann", 12)
    for _ in range(4):
        ask(pay("ann", "world", 1))
    named_anew()
    follow_all()
    assert falling == [(7, 8, 8)]


def test_what_is_skipped_is_part_of_the_state_all_the_same(falling):
    rich("ann", 12)
    named_anew()
    follow_all()
    skipped = ask(pay("ann", "world", 5)).position
    Intervention.objects.create(
        follower="falling", action="skip", position=skipped, reason="Known", by=SAM.id
    )
    Intervention.objects.create(
        follower="falling", action="skip", position=skipped - 1, reason="Known", by=SAM.id
    )
    ask(pay("ann", "world", 1))
    follow_all()
    assert falling[1:] == [(5, 7, 6)]
    assert not Notification.objects.exists()
