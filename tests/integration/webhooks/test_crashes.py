"""Workers that are killed or far behind: each event arrives at least once, and in order."""

import itertools
import signal
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from commands.webhooks.models import Delivery, Endpoint
from eventstore.store import latest_position
from tests.examples.connections import until
from tests.examples.crashing_sender import POINTS
from tests.examples.dying import start
from tests.examples.receiving import delivering, endpoint, happen, receiver

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, MOST_BEHIND = 2, 100
"""How many send, and how far behind they may be while more happens."""


def sender(failpoint, number):
    module = "tests.examples.crashing_sender"
    return start(module, failpoint, number, stderr=subprocess.STDOUT)


def megabytes(process):
    """Memory of its own that a process has."""
    told = Path(f"/proc/{process.pid}/status").read_text()
    return int(told.partition("RssAnon:")[2].split()[0]) / 1024


def in_order_of_arrival(positions):
    """Each once, where it first came."""
    return list(dict.fromkeys(positions))


@pytest.mark.parametrize(
    ("failpoint", "arrived"),
    [
        ("before effect", [1, 2, 3, 4, 5]),
        ("after effect", [1, 2, 3, 3, 4, 5]),
        ("before checkpoint", [1, 2, 3, 3, 4, 5]),
        ("after checkpoint", [1, 2, 3, 4, 5]),
    ],
)
def test_who_is_killed_has_sent_what_is_not_written_down_once_more(failpoint, arrived):
    assert failpoint in POINTS
    with receiver() as to:
        made = endpoint(to)
        happen(5)
        said, _ = (child := sender(failpoint, 3)).communicate(timeout=120)
        assert child.returncode == -signal.SIGKILL, said
        before = Endpoint.objects.get(id=made.id).position
        assert before == (3 if failpoint == "after checkpoint" else 2)
        with delivering():
            until(lambda: Endpoint.objects.get(id=made.id).position == 5)
        assert to.positions == arrived
    logged = Delivery.objects.order_by("id").values_list("position", flat=True)
    assert list(logged) == [1, 2, 3, 4, 5]


def test_two_workers_killed_by_chance_send_everything_to_everybody_in_order(request):
    """In full for a minute, in which people go on with what they do."""
    seconds, rounds = (60, 10_000) if request.config.getoption("--all") else (60, 6)
    deaths, seeds, ends = 0, itertools.count(1), monotonic() + seconds
    with receiver() as one, receiver() as two, receiver() as three:
        made = [endpoint(one), endpoint(two), endpoint(three, prefix="shop")]
        at_work = [sender("chance", next(seeds)) for _ in range(WORKERS)]
        while at_work:
            is_going_on = rounds > 0 and monotonic() < ends
            if is_going_on and latest_position() - len(one.positions) < MOST_BEHIND:
                happen(4)
                happen(2, stream="account-shop:till")
                rounds -= 1
            for child in [each for each in at_work if each.poll() is not None or not is_going_on]:
                said, _ = child.communicate(timeout=120)
                assert child.returncode in (0, -signal.SIGKILL), said
                deaths += child.returncode != 0
                at_work.remove(child)
                if child.returncode or is_going_on:
                    at_work.append(sender("chance", next(seeds)))
        assert deaths, "some were killed on the way"
        many = latest_position()
        everything = list(range(1, many + 1))
        shop = [position for position in everything if (position - 1) % 6 >= 4]
        for to, sent in ((one, everything), (two, everything), (three, shop)):
            assert in_order_of_arrival(to.positions) == sent
            assert len(to.positions) - len(set(to.positions)) <= 2 * deaths
    assert {each.position for each in Endpoint.objects.filter(id__in=[m.id for m in made])} == {
        many
    }


def test_thousands_of_events_behind_it_catches_up_in_as_much_memory_as_one(request):
    many = 10_000 if request.config.getoption("--all") else 600
    with receiver() as to:
        made = endpoint(to)
        for _ in range(many // 200):
            happen(200)
        child = sender("never", 0)
        until(lambda: len(to.received) > 200, seconds=120)
        early = megabytes(child)
        until(lambda: Endpoint.objects.get(id=made.id).position > many - 50, seconds=600)
        late = megabytes(child)
        said, _ = child.communicate(timeout=120)
        assert child.returncode == 0, said
        assert to.positions == list(range(1, many + 1))
    assert int(said.split()[-1]) < 200, "events that are done with are not kept"
    assert late - early < 8, f"{early} MB became {late} MB"
