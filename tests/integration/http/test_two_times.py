"""Reads as of another time: a business date, a position, a time, and both kinds at once."""

from datetime import timedelta

import pytest

from commands.ledger.messages import (
    ChangeAccountDetails,
)
from eventstore.store import latest_position, read_all, timestamp
from projections.ledger.models import Transfer
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.past import EARLY, LATE, ann_had_more
from tests.examples.people import ANN, BOB, SAM

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    return Api(SAM)


@pytest.fixture
def then(sam):
    return ann_had_more()


def posted(api, query=""):
    body = api.get(f"/accounts/ann{query}").json()
    return body["posted"], body["position"]


def recorded_at(position):
    return timestamp(read_all(after=position - 1, limit=1)[0].recorded_at)


# --- balances --------------------------------------------------------------------------------


def test_at_a_position_an_account_is_what_it_was(sam, then):
    now = sam.get("/accounts/ann").json()
    was = sam.get(f"/accounts/ann?at_position={then}")
    assert (was["ETag"], was["Daybook-Position"]) == ('"2"', str(then))
    assert was.json() == now | {
        "name": "Ann",
        "posted": "500",
        "available": "500",
        "debits": "0",
        "credits": "500",
        "version": 2,
        "position": then,
    }
    assert now["name"] == "Annie"


def test_a_time_is_the_last_position_recorded_by_then(sam, then):
    assert posted(sam, f"?known_at={recorded_at(then)}") == ("500", then)
    before = recorded_at(1).replace("2026", "2025")
    assert sam.get(f"/accounts/ann?known_at={before}").status_code == 404


def test_as_of_a_date_later_dates_do_not_count_and_nothing_is_held_or_available(sam, then):
    found = sam.get(f"/accounts/ann?as_of={EARLY}").json()
    assert (found["posted"], found["debits"], found["credits"]) == ("470", "30", "500")
    assert (found["held"], found["available"], found["name"]) == (None, None, "Annie")
    assert posted(sam, f"?as_of={EARLY - timedelta(days=1)}")[0] == "0"
    assert posted(sam, "?as_of=2999-01-01")[0] == "370"


def test_both_times_together_are_what_was_known_of_a_date(sam, then):
    head = latest_position()
    assert posted(sam, f"?as_of={EARLY}&at_position={then}") == ("500", then)
    # The payment is known, and the late bill, which counts for the early day, not yet.
    assert posted(sam, f"?as_of={EARLY}&at_position={then + 4}") == ("500", then + 4)
    assert posted(sam, f"?as_of={LATE}&at_position={then + 4}") == ("400", then + 4)
    assert posted(sam, f"?as_of={EARLY}&at_position={head}") == ("470", head)


@pytest.mark.parametrize("path", ["/accounts", "/balances"])
def test_a_list_at_a_position_has_the_accounts_of_then_in_full_pages(sam, then, path):
    name = path[1:]
    for code in ("aaa", "anna"):
        ask(open_account(code))
    ask(pay("ann", "bob", 1))
    first = sam.get(f"{path}?limit=1&at_position={then}").json()
    second = sam.get(f"{path}?limit=1&at_position={then}&cursor={first['next']}").json()
    found = [*first[name], *second[name]]
    assert [row.get("code", row.get("account")) for row in found] == ["ann", "world"]
    assert [row["posted"] for row in found] == ["500", "-500"]
    assert (first["position"], second["position"], second["next"]) == (then, then, None)


@pytest.mark.parametrize("path", ["/accounts", "/balances", "/accounts/ann/entries", "/transfers"])
def test_a_cursor_brings_the_position_of_its_pages(sam, then, path):
    time = recorded_at(then + 4)
    first = sam.get(f"{path}?limit=1&known_at={time}").json()
    assert (first["position"], first["has_more"]) == (then + 4, True)
    second = sam.get(f"{path}?limit=1&cursor={first['next']}").json()
    assert second["position"] == then + 4
    same = sam.get(f"{path}?limit=1&known_at={time}&cursor={first['next']}")
    assert same.json() == second


@pytest.mark.parametrize(
    "path",
    ["/accounts", "/balances", "/accounts/ann/entries", "/transfers", "/trial-balance",
     "/balances/tree", "/accounts/ann/statement"],
)  # fmt: skip
def test_a_cursor_belongs_to_the_time_it_was_made_for(sam, then, path):
    of_then = sam.get(f"{path}?limit=1&known_at={recorded_at(then + 4)}").json()["next"]
    of_now = sam.get(f"{path}?limit=1").json()["next"]
    for cursor in (of_then, of_now):
        for other in (f"known_at={recorded_at(then)}", f"at_position={then}"):
            answer = sam.get(f"{path}?limit=1&{other}&cursor={cursor}")
            assert answer.status_code == 400
            assert [error["parameter"] for error in answer.json()["errors"]] == ["cursor"]


# --- entries and transfers -------------------------------------------------------------------


def test_entries_of_then_are_those_known_with_dates_up_to_then(sam, then):
    def dates(query):
        entries = sam.get(f"/accounts/ann/entries?{query}").json()["entries"]
        return [(entry["effective_on"], entry["balance"]) for entry in entries]

    early, late = str(EARLY), str(LATE)
    assert dates("") == [(early, "500"), (late, "400"), (early, "370")]
    assert dates(f"at_position={then}") == [(early, "500")]
    assert dates(f"as_of={EARLY}") == [(early, "500"), (early, "370")]
    assert dates(f"as_of={EARLY}&at_position={then + 4}") == [(early, "500")]


def test_transfers_of_then_are_those_known_with_dates_up_to_then(sam, then):
    def count(query):
        return len(sam.get(f"/transfers?{query}").json()["transfers"])

    assert (count(""), count(f"at_position={then}"), count(f"as_of={EARLY}")) == (3, 1, 2)
    salary, payment, _ = sam.get("/transfers").json()["transfers"]
    path = f"/transfers/{payment['id']}"
    assert sam.get(f"{path}?at_position={payment['position']}").json() == payment
    assert sam.get(f"{path}?at_position={payment['position'] - 1}").status_code == 404
    assert sam.get(f"{path}?as_of={EARLY}").status_code == 404
    assert sam.get(f"{path}?as_of={LATE}").status_code == 200
    assert sam.get(f"/transfers/{salary['id']}?as_of={EARLY}").status_code == 200


def test_a_reversal_that_came_later_is_not_known_yet(sam, then):
    reversed_, reversal, _ = Transfer.objects.order_by("position")
    Transfer.objects.filter(id=reversed_.id).update(reversed_by=reversal.id)
    path = f"/transfers/{reversed_.id}"
    for query, known in (
        ("", True),
        (f"?at_position={reversal.position}", True),
        (f"?at_position={reversal.position - 1}", False),
        (f"?as_of={LATE}", True),
        (f"?as_of={EARLY}", False),
    ):
        expected = str(reversal.id) if known else None
        assert sam.get(f"{path}{query}").json()["reversed_by"] == expected
        assert sam.get(f"/transfers{query}").json()["transfers"][0]["reversed_by"] == expected


# --- what is not there, or not yours ---------------------------------------------------------

READS = ["/accounts", "/accounts/ann", "/accounts/ann/entries", "/balances", "/transfers"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("at_position=99999", "at_position"),
        ("at_position=-1", "at_position"),
        ("at_position=1.0", "at_position"),
        (f"at_position={'9' * 30}", "at_position"),
        ("known_at=2999-01-01T00:00:00Z", "known_at"),
        ("known_at=9999-12-31T23:59:59.999999Z", "known_at"),
        ("known_at=yesterday", "known_at"),
        ("known_at=2026-01-01T00:00:00Z&at_position=1", "known_at"),
        ("as_of=2026-02-30", "as_of"),
        ("as_of=2026-01-01&as_of=2026-01-01", "as_of"),
    ],
)
def test_a_time_that_is_none_or_to_come_is_refused_with_a_sentence(
    sam, then, path, query, parameter
):
    answer = sam.get(f"{path}?{query}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert error["detail"].endswith(".")


def test_before_it_began_there_was_nothing(sam, then):
    assert sam.get("/accounts?at_position=0").json()["accounts"] == []
    assert sam.get("/balances?at_position=0").json()["balances"] == []
    assert sam.get("/transfers?at_position=0").json()["transfers"] == []
    for path in ("/accounts/ann", "/accounts/ann/entries"):
        assert sam.get(f"{path}?at_position=0").status_code == 404
    assert sam.get(f"/accounts/bob?at_position={then}").status_code == 404
    assert sam.get(f"/accounts/bob/entries?at_position={then}").status_code == 404


def test_who_owns_an_account_now_sees_its_past_and_who_did_does_not(then):
    ask(ChangeAccountDetails(account="ann", owner=user(BOB).id))
    for query in (f"?at_position={then}", f"?as_of={EARLY}"):
        assert Api(ANN).get(f"/accounts/ann{query}").status_code == 404
    was = Api(BOB).get(f"/accounts/ann?at_position={then}").json()
    assert was["owner"] == str(ANN.id)


# --- what is kept ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", READS)
def test_what_is_fixed_at_a_position_is_not_sent_twice(sam, then, path):
    address = f"{path}?at_position={then}"
    etag = sam.get(address)["ETag"]
    ask(pay("ann", "world", 1, effective_on=EARLY))
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = sam.get(address, **{"If-None-Match": given})
        assert (again.status_code, again["ETag"]) == (304, etag)
        assert again["Cache-Control"] == "no-cache"
    assert sam.get(address, **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", READS)
def test_what_is_now_is_always_sent(sam, then, path):
    answer = sam.get(path)
    again = sam.get(path, **{"If-None-Match": answer.get("ETag", "*")})
    assert (again.status_code, again.content) == (200, answer.content)


def test_who_may_not_see_it_any_more_is_not_told_that_it_is_the_same(then):
    address = f"/accounts/ann?at_position={then}"
    etag = Api(ANN).get(address)["ETag"]
    ask(ChangeAccountDetails(account="ann", owner=user(BOB).id))
    assert Api(ANN).get(address, **{"If-None-Match": etag}).status_code == 404
