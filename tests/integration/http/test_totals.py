"""The trial balance and the tree over HTTP: pages at one position, and what is no query."""

import pytest

from eventstore.store import latest_position, read_all, timestamp
from tests.examples.asking import ask, rich
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM, VIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    rich("customers:ann", 500, owner=ANN)
    rich("customers:bob", 300)
    ask(open_account("never:used"))
    return Api(SAM)


def test_the_debits_of_a_trial_balance_equal_its_credits(sam):
    body = sam.get("/trial-balance").json()
    assert [(row["account"], row["debit"], row["credit"]) for row in body["rows"]] == [
        ("customers:ann", "0", "500"),
        ("customers:bob", "0", "300"),
        ("world", "800", "0"),
    ]
    assert body["totals"] == [
        {"currency": "EUR", "exponent": 2, "debit": "800", "credit": "800", "difference": "0"}
    ]
    by_part = sam.get("/trial-balance?depth=1").json()
    assert [row["accounts"] for row in by_part["rows"]] == [2, 1]
    assert by_part["totals"] == body["totals"]


def test_a_node_of_the_tree_has_what_is_under_it(sam):
    nodes = sam.get("/balances/tree?depth=1").json()["nodes"]
    assert nodes[0] == {
        "code": "customers",
        "depth": 1,
        "accounts": 2,
        "is_account": False,
        "subtotals": [
            {"currency": "EUR", "exponent": 2, "debits": "0", "credits": "800", "net": "800"}
        ],
    }
    mine = Api(ANN).get("/balances/tree").json()["nodes"]
    assert [node["code"] for node in mine] == ["customers", "customers:ann"]


@pytest.mark.parametrize(
    ("path", "name"), [("/trial-balance", "rows"), ("/balances/tree", "nodes")]
)
def test_later_pages_are_as_of_the_first_ones_position(sam, path, name):
    whole = sam.get(path).json()[name]
    first = sam.get(f"{path}?limit=1").json()
    ask(pay("customers:ann", "customers:bob", 50))
    ask(pay("world", "never:used", 50))
    seen, cursor = first[name], first["next"]
    while cursor:
        page = sam.get(f"{path}?limit=1&cursor={cursor}").json()
        assert page["position"] == first["position"]
        seen += page[name]
        cursor = page["next"]
    assert seen == whole


def test_a_position_in_the_middle_of_a_transfer_is_before_it(sam):
    before = latest_position()
    ask(pay("customers:ann", "customers:bob", 50))
    for position in range(before, latest_position()):
        body = sam.get(f"/trial-balance?at_position={position}").json()
        assert body["position"] <= position
        assert body["totals"][0]["difference"] == "0"
        assert body["rows"][0]["credit"] == "500"
    body = sam.get(f"/trial-balance?at_position={latest_position()}").json()
    assert (body["position"], body["rows"][0]["credit"]) == (latest_position(), "450")


@pytest.mark.parametrize(
    ("path", "name"), [("/trial-balance", "rows"), ("/balances/tree", "nodes")]
)
def test_a_time_is_the_last_position_recorded_by_then(sam, path, name):
    was = sam.get(path).json()
    (last,) = read_all(after=was["position"] - 1)
    time = timestamp(last.recorded_at)
    ask(pay("customers:ann", "customers:bob", 50))
    assert sam.get(f"{path}?known_at={time}").json() == was
    first = sam.get(f"{path}?limit=1&known_at={time}")
    second = sam.get(f"{path}?limit=1&known_at={time}&cursor={first.json()['next']}").json()
    assert (second["position"], second[name]) == (was["position"], was[name][1:2])
    for wrong in ("known_at=2999-01-01T00:00:00Z", "known_at=x", f"known_at={time}&at_position=1"):
        (error,) = sam.get(f"{path}?{wrong}").json()["errors"]
        assert error["parameter"] == "known_at"


@pytest.mark.parametrize("path", ["/trial-balance", "/balances/tree"])
def test_a_page_of_a_position_in_the_middle_of_a_transfer_leads_to_the_next(sam, path):
    ask(pay("customers:ann", "customers:bob", 50))
    address = f"{path}?limit=1&at_position={latest_position() - 1}"
    first = sam.get(address).json()
    second = sam.get(f"{address}&cursor={first['next']}").json()
    assert second["position"] == first["position"]


def test_nothing_was_there_before_the_first_date_and_position(sam):
    for query in ("as_of=2000-01-01", "at_position=0", "prefix=nobody:"):
        body = sam.get(f"/trial-balance?{query}").json()
        assert (body["rows"], body["totals"]) == ([], [])
        assert sam.get(f"/balances/tree?{query}").json()["nodes"] == []


@pytest.mark.parametrize("path", ["/trial-balance", "/balances/tree"])
@pytest.mark.parametrize(
    "query",
    ["depth=0", "depth=101", "depth=x", "as_of=x", "as_of=2026-02-30", "at_position=-1",
     "at_position=999999", "at_position=9999999999999999999", "prefix=%00", "nope=1"],
)  # fmt: skip
def test_a_query_that_is_not_right_is_a_problem(sam, path, query):
    answer = sam.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_the_whole_book_is_for_who_may_view_it(sam):
    assert Api(VIC).get("/trial-balance").status_code == 200
    refused = Api(ANN).get("/trial-balance")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    part = Api(SAM, prefix="customers:").get("/trial-balance").json()
    assert part["totals"][0]["difference"] == "800", "a part of the books need not be zero"
