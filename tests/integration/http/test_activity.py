"""The activity over HTTP: what happened, newest first, each answer at its position."""

import pytest

from eventstore.store import latest_position
from projections.ledger.activity_projector import KINDS
from projections.ledger.models import Activity, Hold
from tests.examples.asking import ask
from tests.examples.clock import standing
from tests.examples.following import follow
from tests.examples.happening import everything
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db

PATH = "/activity"


@pytest.fixture
def ann():
    """All that can happen has happened, and the worker has told it."""
    with standing() as clock:
        everything(clock)
        follow()
        yield Api(ANN)


def told(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["activity"]


def positions(answer):
    return [each["position"] for each in told(answer)]


def test_it_says_what_happened_with_what_is_needed_to_say_it(ann):
    (paid,) = told(ann.get(f"{PATH}?account=ann&kind=hold_captured"))
    row = Activity.objects.get(kind="hold_captured")
    assert paid == {
        "position": row.position,
        "recorded_at": "2026-11-24T12:00:00.000000Z",
        "account": "ann",
        "name": "Ann A.",
        "currency": "EUR",
        "exponent": 2,
        "kind": "hold_captured",
        "amount": "150",
        "transfer": str(row.transfer),
        "description": "",
        "holds": [str(Hold.objects.get(reference="table-4").id)],
        "facts": {"effective_on": row.facts["effective_on"]},
        "request": str(row.request),
    }
    assert [each["description"] for each in told(ann.get(f"{PATH}?kind=debited"))][-1] == "Tea"


def test_what_an_event_has_no_amount_of_has_none(ann):
    (changed,) = told(ann.get(f"{PATH}?kind=overdraft_limit_changed"))
    assert (changed["amount"], changed["transfer"], changed["holds"]) == (None, None, [])
    assert changed["facts"] == {"overdraft_limit": "12345", "reason": "Asked for"}
    (expired,) = told(ann.get(f"{PATH}?kind=hold_expired"))
    assert (expired["amount"], len(expired["holds"]), expired["facts"]) == (None, 2, {})


def test_it_is_of_ones_own_accounts_and_of_all_for_staff(ann):
    def of(person):
        return {each["account"] for each in told(Api(person).get(PATH))}

    assert of(ANN) == {"ann", "ann:till"}
    assert of(BOB) == {"bob"}
    assert of(EVE) == set()
    assert of(VIC) == {"ann", "ann:till", "bob", "world"}
    assert told(Api(BOB).get(f"{PATH}?account=ann")) == []
    assert {each["account"] for each in told(Api(SAM).get(f"{PATH}?prefix=ann:"))} == {"ann:till"}


def test_every_kind_is_found_and_the_newest_is_first(ann):
    answer = Api(VIC).get(PATH)
    assert {each["kind"] for each in told(answer)} == set(KINDS)
    assert positions(answer) == sorted(positions(answer), reverse=True)
    assert positions(Api(VIC).get(f"{PATH}?order=asc")) == positions(answer)[::-1]
    for kind in KINDS:
        found = told(Api(VIC).get(f"{PATH}?kind={kind}"))
        assert {each["kind"] for each in found} == {kind}


def test_it_is_bounded_by_the_days_on_which_it_was_recorded(ann):
    days = {
        query: {each["recorded_at"][:10] for each in told(ann.get(f"{PATH}?{query}"))}
        for query in (
            "since=2026-11-24",
            "until=2026-11-24",
            "since=2026-11-26",
            "until=9999-12-31",
        )
    }
    assert days["since=2026-11-24"] == {"2026-11-24", "2026-11-25"}
    assert days["until=2026-11-24"] == {"2026-11-23", "2026-11-24"}
    assert days["since=2026-11-26"] == set()
    assert len(days["until=9999-12-31"]) == 3


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_it_comes_in_pages(ann, order):
    found, following = [], ""
    while following is not None:
        answer = ann.get(f"{PATH}?limit=4&order={order}{following}")
        found += positions(answer)
        cursor = answer.json()["next"]
        assert answer.json()["has_more"] == (cursor is not None)
        following = cursor and f"&cursor={cursor}"
    assert found == positions(ann.get(f"{PATH}?order={order}"))
    assert len(found) > 8


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=stolen", "kind"),
        ("kind=", "kind"),
        ("since=2026-01-12&until=2026-01-11", "until"),
        ("since=today", "since"),
        ("min_position=-1", "min_position"),
        ("min_position=99999", "min_position"),
        ("as_of=2026-01-01", "as_of"),
    ],
)
def test_what_is_no_such_query_is_refused(query, parameter):
    answer = Api(SAM).get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]


def test_it_says_how_far_the_worker_is_and_what_is_not_reached_is_to_be_asked_again(ann):
    reached = latest_position()
    head = ask(pay("ann", "world", 1)).position
    answer = ann.get(PATH)
    assert answer.json()["position"] == reached == int(answer["Daybook-Position"])
    assert ann.get(f"{PATH}?min_position={reached}").status_code == 200
    behind = ann.get(f"{PATH}?min_position={head}")
    assert (behind.status_code, behind["Retry-After"]) == (503, "1")
    assert (behind.json()["code"], behind.json()["position"]) == ("view-behind", reached)
    follow()
    assert positions(ann.get(f"{PATH}?min_position={head}"))[0] == head - 1


def test_a_cursor_does_not_belong_to_a_position(ann):
    first = ann.get(f"{PATH}?limit=1&min_position=1").json()
    assert len(told(ann.get(f"{PATH}?limit=1&cursor={first['next']}"))) == 1
