"""Sixteen callers at once: there is one order in which the model gives every answer they got."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection

from commands.engine import writer
from commands.engine.deciding import insist
from commands.engine.dispatch import dispatch
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from eventstore.events.ledger import account_stream
from tests.examples import driving
from tests.examples.clock import Clock, standing
from tests.examples.connections import InThread
from tests.examples.driving import PEOPLE, WHO, names_of, of_outcome, submitted
from tests.examples.factories import user
from tests.examples.following import follow
from tests.examples.model import Asked, Books, Ledger
from tests.examples.model.imagined import Imagination, beginning
from tests.integration.model.comparing import nothing_differs, verify
from tests.integration.model.history import Call, Expiry, in_order
from tests.integration.model.machine import MOST_HOLDS

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS, EACH = 16, 4
"""How many ask at once, and how often each of them in a round."""
OWN = 4
"""So many of them decide on connections of their own, as another process would; the rest are
decided together by this one's writer."""


@pytest.fixture
def clock(settings) -> Iterator[Clock]:
    settings.DAYBOOK_MAX_OPEN_HOLDS = MOST_HOLDS
    settings.DAYBOOK_COMMAND_DEADLINE = 120
    for person in PEOPLE.values():
        user(person)
    with standing() as found:
        writer.start()
        try:
            yield found
        finally:
            writer.stop()


class Twins:
    """The product, asked by many at once, and the model, asked the same afterwards."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock, self.draw = clock, Random(seed)
        self.model = Ledger(Books({who.id for who in WHO.values()}, most_holds=MOST_HOLDS))
        self.batches = self.calls = 0
        self.expired: set[tuple[str, int]] = set()
        for asked in beginning(WHO, clock.now.date()):
            answer = driving.ask(asked)
            assert answer == self.model.ask(asked, clock.now, names_of(answer))

    def round(self, number: int) -> None:
        """All ask at once; then each answer is what the model says in some one order."""
        self.clock.set(self.clock.now + self.draw.choice(SPANS))
        books = self.model.books
        books.now, base = self.clock.now, books.position
        imagine = Imagination(books, WHO, self.draw.choice).request
        wanted = [[(imagine(), None) for _ in range(EACH)] for _ in range(CALLERS)]
        for one, other in ((0, -1), (1, -2)):
            # These ask the same with one key, from here and from elsewhere.
            asked = replace(imagine(), version=None)
            wanted[one][0] = wanted[other][0] = (asked, f"{number}-{one}")
        calls = together(wanted)
        self.batches += transactions(calls)
        self.calls += len(calls)
        for each in in_order(calls, base):
            self.replay(each)
        for call in calls:
            if call.replayed:
                assert self.model.known(call.asked, call.key) == call.answer
        nothing_differs(books, self.clock.now)

    def replay(self, each: Call | Expiry) -> None:
        if isinstance(each, Expiry):
            self.model.expire([each.account])
            stream = account_stream(each.account)
            self.expired.add((stream, self.model.books.versions[stream]))
            return
        asked, names = self.compared(each), names_of(each.answer)
        expected = self.model.ask(asked, self.clock.now, names, key=each.key)
        assert each.answer == expected, each

    def compared(self, each: Call) -> Asked:
        """A request's version is compared before what is due is done, which then adds one."""
        asked = each.asked
        if asked.version is None:
            return asked
        stream, after = account_stream(asked.said["account"]), asked.version + 1
        is_own = each.grounds.get(stream) == after and (stream, after) in self.expired
        return replace(asked, version=after) if is_own and each.answer["status"] != 412 else asked


SPANS = [timedelta(0), timedelta(seconds=1), timedelta(minutes=2), timedelta(days=2)]


def together(wanted: Sequence[Sequence[tuple[Asked, str | None]]]) -> list[Call]:
    """What each of several callers was told, who began at the same moment."""
    begin = threading.Barrier(len(wanted))

    def caller(index: int) -> list[Call]:
        decide = directly if index < OWN else dispatch
        begin.wait()
        return [call(decide, asked, key) for asked, key in wanted[index]]

    callers = [InThread(lambda index=index: caller(index)) for index in range(len(wanted))]
    return [call for each in callers for call in each.result()]


def directly(asked: Any) -> Outcome:
    """Decide a request on this thread's own connection."""
    (result,) = insist([asked])
    assert isinstance(result, Outcome), result
    return result


def call(decide: Any, asked: Asked, key: str | None) -> Call:
    began = time.monotonic()
    outcome = decide(submitted(asked, key))
    ended = time.monotonic()
    answer = of_outcome(outcome)
    return Call(asked, began, ended, answer, outcome.request, key, outcome.replayed)


def transactions(calls: Sequence[Call]) -> int:
    """How many transactions decided these."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT xmin::text) FROM {Request._meta.db_table} WHERE id = ANY(%s)",
            [[each.request for each in calls]],
        )
        return cursor.fetchone()[0]


def run(clock: Clock, seed: int, rounds: int) -> Twins:
    twins = Twins(clock, seed)
    for number in range(rounds):
        twins.round(number)
    follow()
    verify()
    assert twins.batches < twins.calls, "nothing was decided together"
    return twins


def test_there_is_one_order_that_explains_every_answer(clock):
    run(clock, seed=1, rounds=4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_there_is_one_order_in_many_rounds(clock, seed):
    run(clock, seed, rounds=40)


def test_the_model_tells_an_answer_again_as_it_was():
    now, sam = datetime(2026, 1, 1, tzinfo=UTC), WHO["sam"]
    model = Ledger(Books(set()))
    for asked in beginning(WHO, now.date())[:2]:
        model.ask(replace(asked, who=sam), now, {})
    hold = Asked(sam, "place_hold", {"account": "world", "amount": 1, "expires_in": 1})
    events = [dict(each) for each in model.ask(hold, now, {}, key="k")["events"]]
    model.expire(model.overdue(now + timedelta(minutes=1)))
    assert model.known(hold, "k")["events"] == events


@pytest.mark.parametrize("field", ["decided_on", "ended"])
def test_an_answer_that_no_order_explains_is_found(clock, field):
    twins = Twins(clock, seed=1)
    base = twins.model.books.position
    transfers = [Asked(WHO["sam"], "post_transfer", {"from": "ann", "to": "bob", "amount": amount})
                 for amount in (1, 10**6, 1)]  # fmt: skip
    calls = [call(directly, asked, None) for asked in transfers]
    assert [each.asked for each in in_order(calls, base)] == transfers
    if field == "ended":
        # The last was over before the first began.
        calls[2].ended = calls[0].began - 1
        calls[2].began = calls[2].ended - 1
    else:
        Request.objects.filter(id=calls[1].request).update(decided_on={"account-ann": 99})
    with pytest.raises(AssertionError, match=r"never was|what was over"):
        in_order(calls, base)
