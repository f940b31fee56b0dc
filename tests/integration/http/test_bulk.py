"""Several commands in one request: what each answers is what it would have answered alone."""

import pytest

from commands.engine.models import Request
from eventstore.store import latest_position
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, BOB, SAM

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    rich("ann", 100, owner=ANN)
    rich("bob", 100, owner=BOB)
    return Api(SAM)


def pay(source, target, amount, key=None):
    return command("post_transfer", {"from": source, "to": target, "amount": amount}, key)


def command(name, data, key=None):
    return {"command": name, "data": data} | ({"idempotency_key": key} if key else {})


def bulk(api, *commands, atomic, **about):
    return api.post("/bulk", {"atomic": atomic, "commands": list(commands)}, **about)


def posted(code):
    return Balance.objects.get(account=code).posted


@pytest.mark.parametrize("atomic", [True, False])
def test_each_is_done_on_what_the_others_did_and_shown_as_alone(sam, atomic):
    opening = {"code": "cat", "name": "Cat", "currency": "EUR"}
    answer = bulk(
        sam,
        command("open_account", opening),
        pay("ann", "cat", 40),
        command("change_account_details", {"account": "cat", "name": "C."}),
        atomic=atomic,
    )
    told = answer.json()
    assert (answer.status_code, [each["status"] for each in told["outcomes"]]) == (
        200,
        [201, 201, 200],
    )
    assert told["request"]["position"] == latest_position() == int(answer["Daybook-Position"])
    assert len(told["request"]["events"]) == 5
    opened, paid, changed = (each["body"] for each in told["outcomes"])
    assert sam.get("/accounts/cat").json() == changed["account"]
    assert sam.get(f"/transfers/{paid['transfer']['id']}").json() == paid["transfer"]
    stored = sam.get(f"/requests/{opened['request']['id']}").json()
    assert (stored["answer"], stored["source"]) == ({"status": 201, "body": opened}, "bulk")


def test_an_atomic_one_is_refused_for_the_first_that_is(sam):
    before = latest_position()
    asked = pay("ann", "bob", 60, "one"), pay("ann", "bob", 60), pay("none", "bob", 1)
    answer = bulk(sam, *asked, atomic=True)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["index"]) == (422, "insufficient-funds", 1)
    assert (problem["available"], problem["requested"]) == ("40", "60")
    assert (latest_position(), posted("ann")) == (before, 100)
    assert Request.objects.get(id=answer["Daybook-Request"]).status == "refused"
    assert not Request.objects.filter(parent=answer["Daybook-Request"]).exists()
    assert sam.post("/transfers", asked[0]["data"], key="one").status_code == 201


def test_what_nobody_can_see_refuses_an_atomic_one_too(sam):
    answer = bulk(sam, pay("ann", "bob", 1), pay("none", "bob", 1), atomic=True)
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["index"]) == (422, "account-not-found", 1)
    assert posted("ann") == 100


def test_each_for_itself_has_the_outcome_it_would_have_alone(sam):
    too_much, unseen = pay("ann", "bob", 500), pay("none", "bob", 1)
    alone = [sam.post("/transfers", each["data"]) for each in (too_much, unseen)]
    answer = bulk(sam, too_much, pay("ann", "bob", 100), unseen, atomic=False)
    told = answer.json()["outcomes"]
    assert answer.status_code == 200
    assert [each["status"] for each in told] == [422, 201, 404]
    assert [told[0]["body"], told[2]["body"]] == [each.json() for each in alone]
    assert (posted("ann"), posted("bob")) == (0, 200)
    rows = Request.objects.filter(parent=answer["Daybook-Request"])
    assert sorted(row.http_status for row in rows) == [201, 404, 422]


@pytest.mark.parametrize("atomic", [True, False])
def test_its_key_replays_the_whole(sam, atomic):
    asked = pay("ann", "bob", 60), pay("ann", "bob", 60 if not atomic else 1)
    first = bulk(sam, *asked, atomic=atomic, key="k")
    again = bulk(sam, *asked, atomic=atomic, key="k")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert posted("ann") == (39 if atomic else 40)
    other = bulk(sam, *asked, atomic=not atomic, key="k").json()
    assert other["code"] == "idempotency-key-reused"


def test_a_command_that_was_done_before_is_replayed_in_it(sam):
    once = pay("ann", "bob", 60, "one")
    done = sam.post("/transfers", once["data"], key="one").json()
    answer = bulk(sam, once, pay("ann", "bob", 40), atomic=True).json()
    assert answer["outcomes"][0] == {"status": 201, "body": done}
    assert posted("ann") == 0


def test_a_dry_run_keeps_nothing(sam):
    before = latest_position()
    answer = bulk_dry(sam, pay("ann", "bob", 60), pay("ann", "bob", 60))
    told = answer.json()["outcomes"]
    assert [each["status"] for each in told] == [201, 422]
    assert told[0]["body"]["request"]["position"] is None
    assert told[0]["body"]["transfer"]["position"] is None
    assert (answer["Daybook-Dry-Run"], latest_position()) == ("true", before)


def bulk_dry(api, *commands):
    return api.post("/bulk?dry_run=true", {"atomic": False, "commands": list(commands)})


def test_a_dry_run_has_no_position_where_nothing_changes_either(sam):
    same = command("change_account_details", {"account": "ann", "name": "ann"})
    sam.patch("/accounts/ann", {"name": "ann"})
    assert sam.patch("/accounts/ann", {"name": "ann"}).json()["request"]["events"] == []
    told = bulk_dry(sam, same, pay("ann", "bob", 1)).json()["outcomes"][0]["body"]
    assert (told["request"]["position"], told["account"]["position"]) == (None, None)


def test_its_events_are_those_that_it_made(sam):
    once = pay("ann", "bob", 1, "one")
    sam.post("/transfers", once["data"], key="one")
    answer = bulk(sam, once, pay("ann", "bob", 2, "two"), pay("ann", "bob", 2, "two"), atomic=True)
    assert len(answer.json()["request"]["events"]) == 3
    assert posted("ann") == 97


@pytest.mark.parametrize(
    ("cause", "final"),
    [
        (pay("none", "bob", 1), False),
        (pay("ann", "bob", 9, "taken"), False),
        (pay("ann", "bob", 500), True),
    ],
    ids=["not found", "another request's key", "a rule"],
)
def test_a_refusal_uses_its_key_up_if_it_would_have_used_the_command_s(sam, cause, final):
    sam.post("/transfers", {"from": "ann", "to": "bob", "amount": 1}, key="taken")
    first = bulk(sam, cause, atomic=True, key="k")
    assert first.status_code == 422
    again = bulk(sam, cause, atomic=True, key="k")
    assert again.status_code == 422
    assert again.headers.get("Idempotent-Replayed") == ("true" if final else None)


def test_what_a_refusal_points_at_is_found_in_its_command(sam):
    answer = bulk(sam, pay("ann", "bob", 1), pay("ann", "none", 1), atomic=True)
    (error,) = answer.json()["errors"]
    assert (answer.json()["index"], error["pointer"]) == (1, "/commands/1/data/to")


def test_each_command_is_as_far_reaching_as_its_token(sam):
    narrow = Api(SAM, prefix="bob")
    asked = pay("ann", "bob", 1), pay("bob", "bob:x", 1)
    told = bulk(narrow, *asked, atomic=False).json()["outcomes"]
    assert [each["status"] for each in told] == [
        narrow.post("/transfers", each["data"]).status_code for each in asked
    ]
    own = bulk(Api(ANN), pay("ann", "bob", 1), pay("bob", "ann", 1), atomic=False)
    assert [each["status"] for each in own.json()["outcomes"]] == [201, 404]
    assert bulk(Api(ANN), pay("bob", "ann", 1), atomic=True).json()["code"] == "account-not-found"


def test_a_command_of_an_address_is_replayed_in_it_too(sam):
    done = sam.patch("/accounts/ann", {"name": "Ann A."}, key="k").json()
    named = command("change_account_details", {"account": "ann", "name": "Ann A."}, "k")
    answer = bulk(sam, named, atomic=True).json()
    assert answer["outcomes"] == [{"status": 200, "body": done}]


def test_no_more_than_fifty_errors_are_told(sam):
    wrong = command("post_transfer", {f"k{n}": n for n in range(40)})
    answer = bulk(sam, *[wrong] * 100, atomic=True)
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 50)


def test_a_thousand_are_done_at_once(sam):
    answer = bulk(sam, *(pay("world", "ann", 1) for _ in range(1_000)), atomic=True)
    assert answer.status_code == 200
    assert {each["status"] for each in answer.json()["outcomes"]} == {201}
    assert posted("ann") == 1_100


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/atomic", "/commands"}),
        ({"atomic": 1, "commands": []}, {"/atomic", "/commands"}),
        ({"atomic": True, "commands": [{"command": "x", "data": {}}]}, {"/commands/0/command"}),
        ({"atomic": True, "commands": [{"command": "bulk", "data": {}}]}, {"/commands/0/command"}),
        ({"atomic": True, "commands": [{"command": ["x"], "data": []}]},
         {"/commands/0/command", "/commands/0/data"}),
        ({"atomic": True, "commands": [pay("a", "b", 1, "ü")]}, {"/commands/0/idempotency_key"}),
        ({"atomic": True, "commands": [pay("ann", "bob", 1), pay("ann", "bob", 0)]},
         {"/commands/1/data/amount"}),
        ({"atomic": True, "commands": [command("change_account_details", {"name": "A"})]},
         {"/commands/0/data/account"}),
        ({"atomic": True, "commands": [pay("ann", "bob", 1)] * 1_001}, {"/commands"}),
    ],
)  # fmt: skip
def test_what_is_malformed_is_pointed_at(sam, body, pointers):
    answer = sam.post("/bulk", body)
    assert answer.status_code == 400
    assert {each["pointer"] for each in answer.json()["errors"]} == pointers


def test_the_key_of_the_whole_is_no_command_s(sam):
    answer = bulk(sam, pay("ann", "bob", 1), pay("ann", "bob", 1, "k"), atomic=True, key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert posted("ann") == 100


def test_it_is_of_no_one_account(sam):
    answer = bulk(sam, pay("ann", "bob", 1), atomic=True, **{"If-Match": '"1"'})
    assert answer.status_code == 400
