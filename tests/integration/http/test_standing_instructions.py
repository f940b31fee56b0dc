"""Alerts, sweeps and standing orders over HTTP: who may see them, and what is shown of them."""

import pytest

from commands.ledger.instruction_messages import CancelStandingOrder, PlaceStandingOrder
from tests.examples.asking import ask, rich
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.specs import on, uuid

pytestmark = pytest.mark.django_db

FIRST, SECOND, BOBS = (uuid(number) for number in range(1, 4))
ALL = [FIRST, SECOND, BOBS]


@pytest.fixture(autouse=True)
def ledger():
    """Ann and Bob have 10.00 each."""
    rich("ann", 1_000, owner=ANN)
    rich("bob", 1_000, owner=BOB)


@pytest.fixture
def placed():
    """Two of Ann's, of which the first is cancelled, and one of Bob's."""
    about = {"amount": 5, "every": "month", "first_on": on("2100-01-31")}
    for order in ALL:
        payer, payee = ("bob", "ann") if order == BOBS else ("ann", "bob")
        ask(PlaceStandingOrder(payer=payer, payee=payee, order=order, **about))
    ask(CancelStandingOrder(order=FIRST, reason="Moved out"), by=ANN)


def listed(person, query=""):
    answer = Api(person).get(f"/standing-orders{query}")
    assert answer.status_code == 200, answer.json()
    return [each["id"] for each in answer.json()["standing_orders"]]


def ids(*orders):
    return [str(order) for order in orders]


# --- alerts and sweeps -----------------------------------------------------------------------


def test_what_was_never_set_is_switched_off():
    assert Api(ANN).get("/accounts/ann/alert").json() | {"position": 0} == {
        "account": "ann", "low": None, "position": 0,
    }  # fmt: skip
    assert Api(ANN).get("/accounts/ann/sweep").json() | {"position": 0} == {
        "account": "ann", "above": None, "to": None, "position": 0,
    }  # fmt: skip


def test_each_is_kept_when_the_other_is_set():
    ann = Api(ANN)
    assert ann.post("/accounts/ann/alert", {"low": "250"}).status_code == 200
    assert ann.post("/accounts/ann/sweep", {"above": 0, "to": "bob"}).status_code == 200
    assert ann.get("/accounts/ann/alert").json()["low"] == "250"
    ann.post("/accounts/ann/alert", {"low": None})
    shown = ann.get("/accounts/ann/sweep").json()
    assert (shown["above"], shown["to"]) == ("0", "bob")


@pytest.mark.parametrize("setting", ["alert", "sweep"])
def test_a_setting_is_for_who_sees_the_account(setting):
    for person, status in ((ANN, 200), (VIC, 200), (SAM, 200), (BOB, 404), (EVE, 404)):
        assert Api(person).get(f"/accounts/ann/{setting}").status_code == status
    assert Api(SAM).get(f"/accounts/nobody/{setting}").status_code == 404
    assert Api(SAM).get(f"/accounts/ann/{setting}?at_position=1").status_code == 400


@pytest.mark.parametrize(
    ("setting", "body"), [("alert", {"low": 5}), ("sweep", {"above": 5, "to": "bob"})]
)
def test_setting_one_is_a_change_of_the_account(setting, body):
    ann = Api(ANN)
    before = ann.get("/accounts/ann")
    changed = ann.post(f"/accounts/ann/{setting}", body, **{"If-Match": before["ETag"]})
    assert changed.status_code == 200
    after = ann.get("/accounts/ann").json()
    assert after["version"] == before.json()["version"] + 1
    stale = ann.post(f"/accounts/ann/{setting}", body, **{"If-Match": before["ETag"]})
    assert (stale.status_code, stale.json()["actual"]) == (412, after["version"])


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("alert", {}, "/low"),
        ("alert", {"low": -1}, "/low"),
        ("alert", {"low": 1.0}, "/low"),
        ("sweep", {}, "/above"),
        ("sweep", {"above": 5}, "/to"),
        ("sweep", {"to": "bob"}, "/above"),
        ("sweep", {"above": None, "to": "bob"}, "/above"),
        ("sweep", {"above": "1.5", "to": "bob"}, "/above"),
    ],
)
def test_a_setting_that_is_not_said_whole_is_malformed(path, body, pointer):
    answer = Api(ANN).post(f"/accounts/ann/{path}", body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


# --- standing orders -------------------------------------------------------------------------


def test_orders_are_listed_for_those_who_see_their_payer(placed):
    assert listed(SAM) == listed(VIC) == ids(*ALL)
    assert listed(ANN) == ids(FIRST, SECOND)
    assert listed(BOB) == ids(BOBS)
    assert listed(EVE) == []
    assert listed(SAM, "?order=desc") == ids(BOBS, SECOND, FIRST)


def test_orders_are_found_by_their_payer_and_by_what_became_of_them(placed):
    assert listed(SAM, "?account=bob") == ids(BOBS)
    assert listed(SAM, "?status=open") == ids(SECOND, BOBS)
    assert listed(SAM, "?account=ann&status=cancelled") == ids(FIRST)
    assert listed(ANN, "?account=bob") == []
    assert listed(SAM, "?status=ended") == []
    answer = Api(SAM).get("/standing-orders?status=gone")
    assert [error["parameter"] for error in answer.json()["errors"]] == ["status"]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_list_goes_on_where_it_stopped(placed, order):
    sam, path, seen = Api(SAM), f"/standing-orders?limit=1&order={order}", []
    cursor = ""
    while cursor is not None:
        page = sam.get(f"{path}&cursor={cursor}" if cursor else path).json()
        seen += [each["id"] for each in page["standing_orders"]]
        cursor = page["next"]
    assert seen == ids(*(ALL if order == "asc" else ALL[::-1]))


def test_one_order_is_for_those_who_see_its_payer(placed):
    for person, status in ((ANN, 200), (VIC, 200), (BOB, 404), (EVE, 404)):
        assert Api(person).get(f"/standing-orders/{FIRST}").status_code == status
    assert Api(SAM).get(f"/standing-orders/{uuid(9)}").status_code == 404
    shown = Api(ANN).get(f"/standing-orders/{FIRST}").json()
    assert (shown["from"], shown["to"], shown["amount"]) == ("ann", "bob", "5")
    assert (shown["status"], shown["next_on"], shown["last"]) == ("cancelled", None, None)


def test_an_order_has_no_version_to_be_matched(placed):
    answer = Api(ANN).post(
        f"/standing-orders/{SECOND}/cancel", {"reason": "Moved out"}, **{"If-Match": '"1"'}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"every": "year"}, "/every"),
        ({"amount": 0}, "/amount"),
        ({"first_on": "31.01.2100"}, "/first_on"),
        ({"first_on": None}, "/first_on"),
        ({"last_on": None}, "/last_on"),
        ({"effective_on": "2100-01-31"}, "/effective_on"),
    ],
)
def test_an_order_that_cannot_be_read_is_malformed(changed, pointer):
    usual = {"from": "ann", "to": "bob", "amount": 5, "every": "month", "first_on": "2100-01-31"}
    answer = Api(ANN).post("/standing-orders", usual | changed)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
