"""A command in a batch is decided, answered and written exactly as if it had run alone."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.engine.decider import handlers
from commands.engine.models import Request
from commands.engine.run import run
from projections.ledger.models import Balance
from tests.examples.asking import asking
from tests.examples.ledger import pay
from tests.examples.people import BOB
from tests.examples.worlds import POOR, RICH, again, kinds, left_by, several, there, told

pytestmark = pytest.mark.django_db

HAPPEN = (
    "refused", "replayed", "idempotency-key-reused", "late refusal in a group", "stale-version",
    "the same account twice", "account-exists", "account-not-found", "bulk done",
)  # fmt: skip


@pytest.fixture
def ledger():
    there()


@st.composite
def split(draw):
    """A list of requests, and the same in batches."""
    asked = draw(several())
    cuts = sorted(draw(st.sets(st.integers(1, len(asked)))) | {0, len(asked)})
    return asked, [asked[a:b] for a, b in pairwise(cuts)]


def is_the_same(asked, chunks):
    """Decided one by one and in these batches, a list comes to the same; the outcomes."""
    alone, left_alone = left_by([[each] for each in asked], run)
    together, left_together = left_by(chunks, run)
    assert [told(each) for each in together] == [told(each) for each in alone]
    assert left_together == left_alone
    assert len(left_alone) > 5
    return alone


def test_any_split_of_any_list_comes_to_the_same(ledger, request):
    seen = Counter()
    many = 1_000 if request.config.getoption("--all") else 250

    @settings(
        max_examples=many, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(split())
    def holds(case):
        asked, chunks = case
        seen.update(kinds(asked, is_the_same(asked, chunks)))

    holds()
    missing = {kind for kind in HAPPEN if seen[kind] < 5}
    assert not missing, seen
    assert {name for name in handlers() if seen[f"{name} done"]} == set(handlers()), seen


def test_a_hundred_commands_on_one_account(ledger):
    asked = [asking(pay(RICH, POOR, 1)) for _ in range(50)]
    asked += [asking(pay(POOR, RICH, 3)) for _ in range(50)]
    outcomes = is_the_same(asked, [asked])
    assert Counter(each.status for each in outcomes) == {"succeeded": 66, "refused": 34}


def test_two_commands_with_one_key_are_one(ledger):
    first = asking(pay(RICH, POOR, 1), key="k")
    other = asking(pay(RICH, POOR, 2), key="k", payload={"asked": "more"})
    anothers = asking(pay(RICH, POOR, 4), key="k", by=BOB)
    asked = [first, again(first), other, anothers, again(first)]
    outcomes = is_the_same(asked, [asked])
    assert [each.replayed for each in outcomes] == [False, True, False, False, True]
    assert outcomes[2].answer["code"] == "idempotency-key-reused"


def test_a_key_that_was_used_before_is_replayed_among_others(ledger):
    first = asking(pay(RICH, POOR, 5), key="k")
    (done,) = run([first])
    asked = [asking(pay(POOR, RICH, 1)), again(first), asking(pay(POOR, RICH, 4))]
    outcomes = is_the_same(asked, [asked])
    assert (outcomes[1].replayed, outcomes[1].body) == (True, done.body)
    run(asked)
    assert Balance.objects.get(account=POOR).posted == 0
    assert Request.objects.filter(key="k").count() == 1


def test_a_refused_command_leaves_its_neighbours_alone(ledger):
    asked = [asking(pay(RICH, POOR, 5)), asking(pay(POOR, RICH, 9)), asking(pay(POOR, RICH, 5))]
    outcomes = is_the_same(asked, [asked])
    assert [each.status for each in outcomes] == ["succeeded", "refused", "succeeded"]
