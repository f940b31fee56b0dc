"""Statements over HTTP: between two balances, and the same for ever once they are cut."""

import csv
import io
from datetime import date, timedelta

import pytest

from commands.ledger.messages import ChangeAccountDetails
from eventstore.store import latest_position
from tests.examples.asking import ask, rich
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db

DAY = date(2026, 1, 10)


@pytest.fixture
def sam():
    """Ann got 10.00 on a day, and paid 1.00 on the days around it, recorded out of order."""
    rich("ann", 0, owner=ANN)
    ask(pay("world", "ann", 1_000, effective_on=DAY - timedelta(5), description="Salary"))
    for days in (3, -1, 0):
        about = {"description": f"day {days}", "effective_on": DAY + timedelta(days)}
        ask(pay("ann", "world", 100, **about))
    return Api(SAM)


def lines(body):
    return [
        (line["effective_on"][8:], line["direction"], line["amount"], line["balance"])
        for line in body["entries"]
    ]


def test_a_statement_is_by_date_between_an_opening_and_a_closing_balance(sam):
    answer = sam.get("/accounts/ann/statement?since=2026-01-09&until=2026-01-12")
    body = answer.json()
    assert lines(body) == [("09", "debit", "100", "900"), ("10", "debit", "100", "800")]
    del body["entries"]
    assert body == {
        "format": 1,
        "account": {
            "code": "ann", "name": "Ann", "currency": "EUR", "exponent": 2,
            "normal_balance": "credit",
        },
        "since": "2026-01-09",
        "until": "2026-01-12",
        "opening_balance": "1000",
        "closing_balance": "800",
        "debits": "200",
        "credits": "0",
        "position": latest_position(),
        "next": None,
        "has_more": False,
    }  # fmt: skip
    assert (answer["Daybook-Format"], answer["Daybook-Position"]) == ("1", str(body["position"]))


def test_without_dates_it_is_all_there_is(sam):
    body = sam.get("/accounts/ann/statement").json()
    assert (body["since"], body["until"], body["opening_balance"]) == (None, None, "0")
    assert (body["closing_balance"], body["debits"], body["credits"]) == ("700", "300", "1000")
    assert [line[0] for line in lines(body)] == ["05", "09", "10", "13"]


def test_a_time_in_which_nothing_happened_opens_and_closes_alike(sam):
    body = sam.get("/accounts/ann/statement?since=2026-01-06&until=2026-01-08").json()
    assert (body["opening_balance"], body["closing_balance"], lines(body)) == ("1000", "1000", [])
    body = sam.get("/accounts/ann/statement?since=0001-01-01&until=0001-01-01").json()
    assert (body["opening_balance"], body["closing_balance"], lines(body)) == ("0", "0", [])


def test_a_debit_normal_account_grows_by_debits():
    ask(open_account("world", overdraft_limit=None))
    ask(open_account("till", normal_balance="debit"))
    ask(pay("till", "world", 250))
    body = Api(SAM).get("/accounts/till/statement").json()
    assert (body["closing_balance"], body["debits"]) == ("250", "250")
    assert lines(body)[0][3] == "250"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_its_pages_are_the_whole_as_it_was_when_they_began(sam, order):
    query = f"/accounts/ann/statement?order={order}"
    whole = sam.get(query).json()
    found, cursor = [], ""
    while cursor is not None:
        page = sam.get(f"{query}&limit=1{cursor and f'&cursor={cursor}'}").json()
        ask(pay("ann", "world", 1, effective_on=DAY))
        for name in ("opening_balance", "closing_balance", "debits", "credits", "position"):
            assert page[name] == whole[name]
        found, cursor = found + lines(page), page["next"]
    assert found == lines(whole)


# --- the same for ever -----------------------------------------------------------------------


def asked_again(first, again, path: str, query: str, position: int) -> tuple[bytes, bytes]:
    """A statement as it was cut, and with its position after the books have gone on."""
    was = bytes_of(first(f"{path}?{query}"))
    pinned = f"{path}?{query}&at_position={position}"
    assert bytes_of(first(pinned)) == was
    ask(pay("world", "ann", 77, effective_on=DAY - timedelta(2), description="Dated back"))
    ask(ChangeAccountDetails(account="ann", name="Renamed", metadata={"a": "b"}))
    ask(pay("ann", "world", 5, description="Today"))
    assert bytes_of(first(f"{path}?{query}")) != was
    return was, bytes_of(again(pinned))


def bytes_of(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("query", ["since=2026-01-06", "limit=2", "until=2026-01-10&order=desc"])
def test_asked_for_again_with_its_position_it_is_the_same_to_the_byte(sam, query):
    position = latest_position()
    was, now = asked_again(sam.get, Api(SAM).get, "/accounts/ann/statement", query, position)
    assert now == was


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/accounts/ann/statement", "since=2026-01-06"),
        ("/accounts/ann/statement.csv", "since=2026-01-06"),
        ("/accounts/ann/statement.csv", "until=2026-01-10"),
    ],
)
def test_so_it_is_on_paper_and_in_a_file(sam, path, query):
    position = latest_position()
    was, now = asked_again(browser(ANN).get, browser(SAM).get, path, query, position)
    assert now == was


def test_a_time_cuts_it_too(sam):
    position = latest_position()
    time = sam.get("/accounts/ann/entries?order=desc&limit=1").json()["entries"][0]["recorded_at"]
    was = sam.get("/accounts/ann/statement").content
    ask(pay("ann", "world", 5, effective_on=DAY))
    again = sam.get(f"/accounts/ann/statement?known_at={time}")
    assert (again.json()["position"], again.content) == (position, was)
    etag = again["ETag"]
    assert (
        sam.get(f"/accounts/ann/statement?known_at={time}", **{"If-None-Match": etag}).status_code
        == 304
    )


# --- CSV -------------------------------------------------------------------------------------


def test_a_file_is_the_whole_statement_and_the_same_as_the_pages(sam):
    query = "since=2026-01-06&until=2026-01-31"
    by_name = sam.get(f"/accounts/ann/statement?format=csv&{query}")
    by_media = sam.get(f"/accounts/ann/statement?{query}", Accept="text/csv")
    page = browser(ANN).get(f"/accounts/ann/statement.csv?{query}")
    files = [bytes_of(answer) for answer in (by_name, by_media, page)]
    assert files[0] == files[1] == files[2]
    position = latest_position()
    for answer in (by_name, by_media, page):
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == (
            f'attachment; filename="statement-ann-at-{position}.csv"'
        )
        assert (answer["Daybook-Position"], answer["Daybook-Format"]) == (str(position), "1")
    read = list(csv.DictReader(io.StringIO(files[0].decode(), newline="")))
    body = sam.get(f"/accounts/ann/statement?{query}").json()
    assert [(row["transfer"], row["debit"], row["balance"]) for row in read] == [
        (entry["transfer"], "1.00", f"{int(entry['balance']) / 100:.2f}")
        for entry in body["entries"]
    ]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("since=2026-01-10&until=2026-01-09", "until"),
        ("since=yesterday", "since"),
        ("format=xml", "format"),
        ("format=csv&limit=1", "limit"),
        ("format=csv&at_position=99999", "at_position"),
        ("as_of=2026-01-10", "as_of"),
    ],
)
def test_what_it_cannot_be_asked_for_is_said(sam, query, parameter):
    answer = sam.get(f"/accounts/ann/statement?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_what_was_not_there_has_no_statement(sam):
    assert sam.get("/accounts/ann/statement?at_position=0").status_code == 404
    assert sam.get("/accounts/ann/statement?at_position=0&format=csv").status_code == 404
    assert sam.get("/accounts/ann/statement", Accept="image/png").status_code == 406
