"""Workers that are killed or far behind: each reaction comes once, as if nobody had been killed."""

import itertools
import random
import signal
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

import pytest

from commands.engine.models import Notification, Request
from commands.engine.reactions import Tell, reaction
from commands.ledger.instruction_messages import PlaceStandingOrder, SetAlert, SetSweep
from commands.webhooks.models import Endpoint
from eventstore import dues
from eventstore.events.ledger import AccountOpened
from eventstore.listeners.following import follow
from eventstore.listeners.listener import listeners
from eventstore.reading import latest_position, read_stream
from eventstore.store import ANY, Append, NewEvent, append
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, until
from tests.examples.crashing_listener import POINTS
from tests.examples.dying import start
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM
from tests.examples.reacting import only_those_of_this_test
from tests.examples.receiving import endpoint, receiver

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 2
LOW, ABOVE = 100, 50
MOVED = {"ledger.account_credited": 1, "ledger.account_debited": -1}


def worker(failpoint, number):
    module = "tests.examples.crashing_listener"
    return start(module, failpoint, number, stderr=subprocess.DEVNULL)


@pytest.fixture
def ledger():
    """Ann is told when she has less than 1.00; what the till has beyond 0.50 goes to the bank."""
    rich("ann", LOW, owner=ANN)
    rich("till", 0)
    rich("bank", 0)
    assert ask(SetAlert(account="ann", low=LOW), by=ANN).succeeded
    assert ask(SetSweep(account="till", above=ABOVE, to="bank"), by=SAM).succeeded


def happen():
    """Ann falls below her limit and comes back to it, and the till is paid."""
    for payment in (pay("ann", "till", 40), pay("world", "ann", 40)):
        assert ask(payment).succeeded


def balances(code, since):
    """What an account had before and after each of its events from one of a type on."""
    posted, begun = 0, False
    for event in read_stream(f"account-{code}"):
        before = posted
        posted += MOVED.get(event.type, 0) * int(event.data.get("amount", 0))
        begun = begun or event.type == since
        if begun:
            yield event, before, posted


def each_came_once():
    """What the log itself says that was to be told, and to be asked for."""
    of_ann, of_till = balances("ann", "ledger.alert_set"), balances("till", "ledger.sweep_set")
    falls = sum(before >= LOW > after for _, before, after in of_ann)
    assert falls > 0
    assert Notification.objects.filter(kind="low-balance", user=ANN.id).count() == falls
    asked = {f"sweep:{event.id}:0" for event, _, after in of_till if after > ABOVE}
    requests = Request.objects.filter(source="reaction")
    assert sorted(requests.values_list("key", flat=True)) == sorted(asked)
    assert {each.status for each in requests} == {"succeeded"}
    assert Balance.objects.get(account="till").credits > ABOVE
    assert Balance.objects.get(account="till").posted <= ABOVE
    assert {each.position for each in listeners()} == {latest_position()}


@pytest.mark.parametrize("failpoint", POINTS)
def test_who_is_killed_has_done_all_of_a_step_or_nothing(ledger, failpoint):
    for _ in range(4):
        happen()
    child = worker(failpoint, 3)
    child.communicate(timeout=120)
    assert child.returncode == -signal.SIGKILL
    child = worker("never", 0)
    child.communicate(timeout=120)
    assert child.returncode == 0
    each_came_once()


def test_two_workers_killed_by_chance_end_as_if_nobody_had_been(ledger, request):
    """In full for a minute, in which people go on with what they do."""
    rounds, seconds = (10_000, 60) if request.config.getoption("--all") else (25, 60)
    deaths, seeds, ends = 0, itertools.count(1), monotonic() + seconds
    at_work = [worker("chance", next(seeds)) for _ in range(WORKERS)]
    while at_work:
        if is_going_on := rounds > 0 and monotonic() < ends:
            happen()
            rounds -= 1
        for child in [each for each in at_work if each.poll() is not None or not is_going_on]:
            child.communicate(timeout=120)
            assert child.returncode in (0, -signal.SIGKILL)
            deaths += child.returncode != 0
            at_work.remove(child)
            if child.returncode or is_going_on:
                at_work.append(worker("chance", next(seeds)))
    assert deaths, "some were killed on the way"
    each_came_once()


def test_whole_workers_killed_at_any_time_leave_nothing_out_and_do_nothing_twice(ledger, request):
    """Alerts, sweeps, standing orders and webhooks beside each other; in full for a minute."""
    least, ends = (3, monotonic() + 60) if request.config.getoption("--all") else (2, monotonic())
    rich("payer", 100_000)
    deaths, orders, chances = 0, list[UUID](), random.Random(7)
    with receiver() as to, whole_workers() as at_work:
        hook = endpoint(to)
        while deaths < least or monotonic() < ends:
            happen()
            orders.append(place_one_for_today())
            dying = next((each for each in at_work if monotonic() > each.dies), None)
            if dying:
                dying.process.kill()
                dying.process.communicate(timeout=20)
                deaths += 1
                at_work[at_work.index(dying)] = Dying(chances.uniform(4, 8))
        until(lambda: not dues.due(1), seconds=120)
        until(lambda: {each.position for each in listeners()} == {latest_position()}, seconds=120)
        until(lambda: Endpoint.objects.get(id=hook.id).position == latest_position(), seconds=120)
    each_came_once()
    for order in orders:
        types = [event.type for event in read_stream(f"order-{order}")]
        assert types == ["orders.placed", "orders.run"]
    assert Balance.objects.get(account="payer").debits == len(orders)
    assert list(dict.fromkeys(to.positions)) == list(
        range(hook.position + 1, latest_position() + 1)
    )


def place_one_for_today():
    """An order that is due at once; its next date is a month away."""
    today = datetime.now(UTC).date()
    about = {"payer": "payer", "payee": "bank", "amount": 1, "every": "month", "first_on": today}
    placed = ask(PlaceStandingOrder(**about), by=SAM)
    assert placed.succeeded, placed.answer
    return UUID(placed.answer["standing_order"]["id"])


class Dying:
    """A whole worker, that is to be killed so many seconds from now."""

    def __init__(self, seconds):
        self.dies = monotonic() + seconds
        self.process = start("tests.examples.whole_worker", stderr=subprocess.STDOUT)


@contextmanager
def whole_workers():
    """Two at a time; in the end they are asked to stop, and do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAYBOOK_WEBHOOK_ALLOW", "127.0.0.0/8")
        at_work = [Dying(5), Dying(7)]
        try:
            yield at_work
        finally:
            for each in at_work:
                each.process.terminate()
            said = [each.process.communicate(timeout=60)[0] for each in at_work]
    assert [each.process.returncode for each in at_work] == [0, 0], said


def test_thousands_of_events_behind_they_catch_up_in_as_much_memory_as_half_of_them(
    ledger, request
):
    many = 10_000 if request.config.getoption("--all") else 1_500
    moves = [
        NewEvent(
            f"ledger.account_{'credited' if n % 2 else 'debited'}",
            {"transfer": str(UUID(int=n)), "amount": "1", "effective_on": "2026-01-01"},
        )
        for n in range(many)
    ]
    for first in range(0, many, 500):
        append(Append("account-ann", moves[first : first + 500], ANY))
    child = worker("never", 0)
    said, _ = child.communicate(timeout=600)
    assert child.returncode == 0
    half_way, in_the_end, events = map(int, said.split())
    assert half_way > 0
    assert events < 500, "not those that are done with"
    assert in_the_end - half_way < 8_000, f"{half_way} kB became {in_the_end} kB"
    assert Notification.objects.filter(kind="low-balance").count() == many // 2


def test_two_workers_that_come_at_once_do_it_once(ledger):
    under_way, go_on = threading.Event(), threading.Event()
    with only_those_of_this_test():

        @reaction("slow", AccountOpened)
        def greet(happened):
            under_way.set()
            assert go_on.wait(20)
            yield Tell(SAM.id, "greeting", happened.event.code)

        (slow,) = listeners()
        ask(open_account("bob"))
        one = InThread(lambda: follow(slow))
        assert under_way.wait(20)
        assert follow(slow) == 0, "the other has it"
        go_on.set()
        assert one.result() == latest_position()
        assert follow(slow) == 0
    told = Notification.objects.filter(kind="greeting").values_list("text", flat=True)
    assert sorted(told) == ["ann", "bank", "bob", "till", "world"]
