"""Accounts and transfers over HTTP."""

from datetime import date

import pytest

from eventstore.store import latest_position
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db

WORLD = {"code": "world", "name": "World", "currency": "EUR", "overdraft_limit": None}
ALAN = {"code": "customers:alan", "name": "Alan", "currency": "EUR", "metadata": {"since": "2026"}}
TOP_UP = {"from": "world", "to": "customers:alan", "amount": "1250", "description": "Top-up"}


@pytest.fixture
def sam():
    return Api(SAM)


def test_a_transfer_moves_money_and_shows_on_both_sides(sam):
    sam.post("/accounts", WORLD)
    sam.post("/accounts", ALAN)
    made = sam.post("/transfers", TOP_UP).json()["transfer"]
    balances = {b["account"]: b for b in sam.get("/balances").json()["balances"]}
    assert (balances["world"]["posted"], balances["world"]["available"]) == ("-1250", None)
    assert balances["customers:alan"]["posted"] == balances["customers:alan"]["available"] == "1250"
    (entry,) = sam.get("/accounts/customers:alan/entries").json()["entries"]
    assert entry == {
        "position": latest_position(),
        "transfer": made["id"],
        "direction": "credit",
        "amount": "1250",
        "balance": "1250",
        "effective_on": made["effective_on"],
        "recorded_at": made["recorded_at"],
        "description": "Top-up",
        "reference": "",
    }


def test_a_refusal_is_a_problem_with_its_facts(sam):
    sam.post("/accounts", WORLD)
    sam.post("/accounts", ALAN)
    before = latest_position()
    answer = sam.post("/transfers", {"from": "customers:alan", "to": "world", "amount": 1})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/insufficient-funds",
        "title": "Insufficient funds",
        "status": 422,
        "detail": "The account does not have this much available.",
        "code": "insufficient-funds",
        "errors": [],
        "account": "customers:alan",
        "currency": "EUR",
        "available": "0",
        "requested": "1",
    }
    assert latest_position() == before


def test_asking_twice_with_a_key_changes_once(sam):
    sam.post("/accounts", WORLD)
    sam.post("/accounts", ALAN)
    first = sam.post("/transfers", TOP_UP, key="k")
    again = sam.post("/transfers", TOP_UP, key="k")
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = sam.post("/transfers", {**TOP_UP, "amount": 1250}, key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_key_is_required_where_the_setting_says_so(sam, settings):
    settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY = True
    assert sam.post("/accounts", WORLD).json()["errors"][0]["parameter"] == "Idempotency-Key"
    assert sam.post("/accounts", WORLD, key="k").status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256])
def test_a_key_is_visible_ascii_of_at_most_255_characters(sam, key):
    assert '"parameter": "Idempotency-Key"' in sam.post("/accounts", WORLD, key=key).text


def test_a_refusal_is_replayed_word_for_word(sam):
    sam.post("/accounts", WORLD)
    sam.post("/accounts", ALAN)
    body = {"from": "customers:alan", "to": "world", "amount": 1}
    first = sam.post("/transfers", body, key="k")
    sam.post("/transfers", TOP_UP)
    again = sam.post("/transfers", body, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**TOP_UP, "amount": "1.0"}, "/amount"),
        ({**TOP_UP, "amount": "１"}, "/amount"),
        ({**TOP_UP, "amount": True}, "/amount"),
        ({**TOP_UP, "amount": 0}, "/amount"),
        ({**TOP_UP, "amount": -1}, "/amount"),
        ({**TOP_UP, "amount": "9" * 39}, "/amount"),
        ({**TOP_UP, "form": "world"}, "/form"),
        ({**TOP_UP, "effective_on": "2026-02-30"}, "/effective_on"),
        ({**TOP_UP, "currency": "XXZ"}, "/currency"),
        ({**TOP_UP, "metadata": {"a": 1}}, "/metadata/a"),
        ({"from": "world", "amount": 1}, "/to"),
        ({"legs": [{"account": "world", "direction": "debit", "amount": 1}]}, "/legs"),
        (
            {
                "legs": [
                    {"account": "world", "direction": "debit", "amount": 1},
                    {"account": "World", "direction": "credit", "amount": 1},
                ]
            },
            "/legs/1/account",
        ),
    ],
)
def test_a_malformed_body_is_answered_with_a_pointer(sam, body, pointer):
    answer = sam.post("/transfers", body)
    assert answer.status_code == 400, answer.content
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_owners_see_their_own_and_nothing_else():
    rich("ann", 500, owner=ANN)
    rich("bob", 500, owner=BOB)
    paid = ask(pay("bob", "world", 1)).body["transfer"]["id"]
    ann = Api(ANN)
    assert [a["code"] for a in ann.get("/accounts").json()["accounts"]] == ["ann"]
    assert [b["account"] for b in ann.get("/balances").json()["balances"]] == ["ann"]
    assert len(ann.get("/transfers").json()["transfers"]) == 1
    for path in ("/accounts/bob", "/accounts/bob/entries", "/accounts/none", f"/transfers/{paid}"):
        answer = ann.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert ann.get("/events").status_code == 403
    assert Api(EVE).get("/accounts").json()["accounts"] == []
    assert len(Api(VIC).get("/accounts").json()["accounts"]) == 3


def test_owners_pay_from_their_own_account_only():
    rich("ann", 500, owner=ANN)
    rich("bob", 500, owner=BOB)
    ann = Api(ANN)
    assert ann.post("/transfers", {"from": "ann", "to": "bob", "amount": 1}).status_code == 201
    stolen = ann.post("/transfers", {"from": "bob", "to": "ann", "amount": 1})
    assert (stolen.status_code, stolen.json()["code"]) == (404, "account-not-found")
    assert stolen.json()["errors"][0]["pointer"] == "/from"
    nobody = ann.post("/transfers", {"from": "ann", "to": "nobody", "amount": 1})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "payee-unavailable")


def test_owners_read_what_happened_to_their_account_and_no_others_part_in_it():
    rich("ann", 500, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(pay("ann", "bob", 30, description="Rent"))
    told = Api(ANN).get("/accounts/ann/events").json()["events"]
    assert [(each["version"], each["type"].partition(".")[2]) for each in told] == [
        (1, "account_opened"),
        (2, "account_credited"),
        (3, "account_debited"),
    ]
    assert told[2]["data"].keys() == {"transfer", "amount", "effective_on"}
    assert "bob" not in str(told)
    whole = Api(SAM).get("/events").json()["events"]
    assert [each for each in whole if each["subject"] == "account-ann"] == told


def test_an_account_is_opened_in_the_name_of_a_user_that_exists(sam):
    answer = sam.post("/accounts", {**ALAN, "owner": str(BOB.id)})
    assert answer.json()["errors"][0]["pointer"] == "/owner"
    user(BOB)
    assert sam.post("/accounts", {**ALAN, "owner": str(BOB.id)}).status_code == 201
    assert Api(BOB).get("/accounts/customers:alan").status_code == 200


def test_a_token_reaches_as_far_as_its_scopes_and_prefix():
    rich("ann", 500)
    ask(open_account("shop:till"))
    reader = Api(SAM, scopes=["read"])
    assert reader.get("/accounts").status_code == 200
    assert reader.post("/accounts", ALAN).status_code == 403
    assert reader.get("/events").status_code == 403
    assert Api(SAM, scopes=["events:read"]).get("/events").status_code == 200
    shop = Api(SAM, prefix="shop:")
    assert [a["code"] for a in shop.get("/accounts").json()["accounts"]] == ["shop:till"]
    assert shop.post("/accounts", ALAN).status_code == 403
    assert shop.post("/accounts", {**ALAN, "code": "shop:safe"}).status_code == 201


def test_transfers_are_found_by_reference_amount_account_and_dates(sam):
    rich("ann", 100)
    for day in (1, 2, 3):
        about = {"reference": f"r-{day % 2}", "effective_on": date(2026, 1, day)}
        ask(pay("ann", "world", day, **about))
    found = {
        "amount=2": [2],
        "amount=2&reference=r-1": [],
        "reference=r-1": [1, 3],
        "account=ann&since=2026-01-02&until=2026-01-03": [2, 3],
        "account=ann&amount=100": [100],
        f"amount={'9' * 38}": [],
    }
    for query, expected in found.items():
        transfers = sam.get(f"/transfers?{query}").json()["transfers"]
        assert [int(each["legs"][0]["amount"]) for each in transfers] == expected, query
    for amount in ("0", "01", "-1", "1.0", "x", "", "9" * 39, "１"):
        answer = sam.get(f"/transfers?amount={amount}")
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), amount


def test_pages_of_a_list_join_without_gap_or_repetition(sam):
    rich("ann", 100)
    for amount in range(1, 8):
        ask(pay("ann", "world", amount))
    for path in ("/accounts", "/transfers", "/accounts/ann/entries", "/accounts/ann/events"):
        name = path.rpartition("/")[2]
        whole = sam.get(path).json()[name]
        for order in ("asc", "desc"):
            seen, query = [], f"{path}?limit=2&order={order}"
            cursor = ""
            while cursor is not None:
                page = sam.get(query + (f"&cursor={cursor}" if cursor else ""))
                seen += page.json()[name]
                cursor = page.json()["next"]
                assert page.json()["has_more"] == (cursor is not None)
            assert seen == (whole if order == "asc" else whole[::-1])


def test_later_pages_of_balances_are_as_of_the_first_ones_position(sam):
    for code in ("a", "b", "c"):
        rich(code, 100)
    expected = sam.get("/balances").json()["balances"]
    first = sam.get("/balances?limit=1").json()
    ask(pay("b", "c", 30))
    ask(open_account("bb"))
    seen, cursor = first["balances"], first["next"]
    while cursor:
        page = sam.get(f"/balances?limit=1&cursor={cursor}").json()
        assert page["position"] == first["position"]
        seen += page["balances"]
        cursor = page["next"]
    assert seen == expected


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1001", "limit=-1", "limit=1.0", "limit=１", "order=up", "cursor=x",
        "cursor=", "nope=1", "limit=1&limit=2", "prefix=%00",
    ],
)  # fmt: skip
def test_a_query_that_is_not_right_is_a_problem(sam, query):
    answer = sam.get(f"/accounts?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_cursor_belongs_to_its_query(sam):
    rich("ann", 100)
    cursor = sam.get("/accounts?limit=1").json()["next"]
    assert sam.get(f"/accounts?cursor={cursor}").status_code == 200
    assert sam.get(f"/accounts?order=desc&cursor={cursor}").status_code == 400
    assert sam.get(f"/balances?cursor={cursor}").status_code == 400


def test_the_log_is_read_by_position_and_type(sam):
    rich("ann", 100)
    whole = sam.get("/events").json()
    assert [event["position"] for event in whole["events"]] == [1, 2, 3, 4, 5]
    assert whole["events"][2] | {"id": "", "time": "", "data": {}} == {
        "specversion": "1.0",
        "id": "",
        "source": "/daybook/1",
        "type": "ledger.transfer_posted",
        "subject": whole["events"][2]["subject"],
        "time": "",
        "data": {},
        "schema": 1,
        "position": 3,
        "version": 1,
        "requestid": whole["events"][2]["requestid"],
        "correlationid": whole["events"][2]["requestid"],
        "causationid": whole["events"][2]["requestid"],
    }
    some = sam.get(
        "/events?after=1&limit=1&types=ledger.account_opened,ledger.account_credited"
    ).json()
    assert [event["position"] for event in some["events"]] == [2]
    assert some["has_more"]
    assert sam.get("/events?after=6").status_code == 400
