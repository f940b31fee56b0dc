"""Holds over HTTP: who sees them, and what they were at every position."""

import pytest

from commands.ledger.messages import CaptureHold, PlaceHold, ReleaseHold
from eventstore.store import latest_position
from tests.examples.asking import ask, rich
from tests.examples.http import Api
from tests.examples.ledger import open_account
from tests.examples.people import ANN, BOB, EVE, SAM
from tests.specs import uuid

pytestmark = pytest.mark.django_db

FIRST, SECOND, OTHERS = (uuid(number) for number in range(1, 4))


@pytest.fixture(autouse=True)
def ledger():
    """Ann has 10.00 and holds on it: for Bob, and for nobody yet."""
    rich("ann", 1_000, owner=ANN)
    rich("bob", 0, owner=BOB)


def place(hold, payee, amount=300):
    assert ask(PlaceHold(account="ann", amount=amount, hold=hold, payee=payee)).succeeded


def listed(person, path="/accounts/ann/holds"):
    answer = Api(person).get(path)
    assert answer.status_code == 200, answer.json()
    return [hold["id"] for hold in answer.json()["holds"]]


def test_payer_and_payee_see_a_hold_and_nobody_else_does():
    place(FIRST, "bob")
    place(SECOND, None)
    assert listed(ANN) == listed(SAM) == [str(FIRST), str(SECOND)]
    assert listed(BOB) == [str(FIRST)]
    for person, hold, status in (
        (BOB, FIRST, 200), (BOB, SECOND, 404), (EVE, FIRST, 404), (ANN, SECOND, 200),
    ):  # fmt: skip
        assert Api(person).get(f"/accounts/ann/holds/{hold}").status_code == status
    assert Api(EVE).get("/accounts/ann/holds").status_code == 404


def test_a_payee_finds_what_is_held_for_it():
    ask(open_account("cat"))
    place(FIRST, "bob")
    place(SECOND, "cat")
    assert listed(BOB, "/accounts/bob/holds?incoming=true") == [str(FIRST)]
    assert Api(ANN).get("/accounts/bob/holds?incoming=true").status_code == 404


def test_at_each_position_it_is_as_it_was_answered_then():
    """Also between the events of one request, which nobody could see when they were written."""
    steps = (
        PlaceHold(account="ann", amount=300, hold=FIRST, payee="bob"),
        PlaceHold(account="ann", amount=100, hold=SECOND, payee="bob"),
        CaptureHold(account="ann", hold=FIRST, amount=50, final=False),
        CaptureHold(account="ann", hold=FIRST, amount=70, final=False),
        CaptureHold(account="ann", hold=SECOND, amount=1),
        ReleaseHold(account="ann", hold=FIRST),
        PlaceHold(account="ann", amount=5, hold=OTHERS),
    )
    paths = ["/accounts/ann", "/accounts/ann/holds", "/accounts/bob/holds?incoming=true"]
    paths += [f"/accounts/ann/holds/{hold}" for hold in (FIRST, SECOND)]
    sam, then = Api(SAM), {}
    for step in steps:
        assert ask(step).succeeded
        then |= {(path, latest_position()): sam.get(path).json() for path in paths}
    for (path, position), was in then.items():
        asked = f"{path}{'&' if '?' in path else '?'}at_position={position}"
        assert sam.get(asked).json() == was, asked


def test_a_hold_that_came_later_is_not_there_yet():
    before = latest_position()
    place(FIRST, "bob")
    assert Api(SAM).get(f"/accounts/ann/holds/{FIRST}?at_position={before}").status_code == 404
    assert listed(SAM, f"/accounts/ann/holds?at_position={before}") == []


def test_dates_mean_nothing_to_a_hold():
    assert Api(SAM).get("/accounts/ann/holds?as_of=2026-01-01").status_code == 400
