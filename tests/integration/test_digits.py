"""Amounts of 38 digits, and sums beyond them, keep each digit on every road and in every place."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from eventstore.events import currencies
from eventstore.events.currencies import to_decimal_text, to_readable_text
from projections.ledger.models import Balance
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.pages import browser, key_in, read
from tests.examples.people import SAM
from tests.examples.real.beancheck import complaints

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 10**38 - 1
UNITS = {"EUR": 2, "JPY": 0, "BHD": 3, "CLF": 4, "DECI": 1, "POINTS": 0, "GWEI-2": 18}
ROADS = ("api", "bulk", "form", "import")
TIMES = len(ROADS)


@pytest.fixture(autouse=True)
def _units():
    currencies.configure("POINTS:0,GWEI-2:18,DECI:1")
    yield
    currencies.configure(settings.DAYBOOK_CURRENCIES)


def by_api(code: str) -> None:
    body = {"from": "world", "to": code, "amount": str(MOST)}
    answer = Api(SAM).post("/transfers", body)
    assert answer.status_code == 201, answer.content
    assert answer.json()["transfer"]["legs"][1]["amount"] == str(MOST)


def by_bulk(code: str) -> None:
    data = {"from": "world", "to": code, "amount": MOST}
    commands = [{"command": "post_transfer", "data": data}]
    answer = Api(SAM).post("/bulk", {"atomic": True, "commands": commands})
    assert answer.json()["outcomes"][0]["status"] == 201


def by_form(code: str, exponent: int) -> None:
    sam = browser(SAM)
    fields = {"from": "world", "to": code, "amount": to_decimal_text(MOST, exponent)}
    key = key_in(sam.get("/transfers/new"))
    answer = sam.post("/transfers/new", {**fields, "idempotency_key": key})
    assert answer.status_code == 303, read(answer.content.decode())


def by_import(code: str, exponent: int, unit: str, folder: Path) -> None:
    file = folder / "most.csv"
    header = "reference,effective_on,debit,credit,amount,currency,description"
    amount = to_decimal_text(MOST, exponent)
    file.write_text(f"{header}\nr-1,2026-01-31,world,{code},{amount},{unit},most\n")
    call_command("import_transfers", str(file), stdout=StringIO())


def by_cli(code: str) -> str:
    out = StringIO()
    body = {"from": code, "to": "world", "amount": str(MOST)}
    call_command("submit", "post_transfer", json.dumps(body), stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("unit", UNITS)
def test_the_largest_amount_goes_by_every_road_into_one_account_and_out_again(unit, tmp_path):
    exponent, sam = UNITS[unit], Api(SAM)
    for code, limit in (("world", None), ("ann", "0")):
        body = {"code": code, "name": code, "currency": unit, "overdraft_limit": limit}
        assert sam.post("/accounts", body).status_code == 201
    by_api("ann")
    by_bulk("ann")
    by_form("ann", exponent)
    by_import("ann", exponent, unit, tmp_path)
    total = TIMES * MOST
    assert len(str(total)) == 39

    assert Balance.objects.get(account="ann").posted == total
    told_by_the_api(sam, total, exponent)
    shown_to_people(total, exponent)
    exported_whole(total, exponent, tmp_path)

    # And out again, by the shell.
    user(SAM)
    assert str(MOST) in by_cli("ann")
    assert Balance.objects.get(account="ann").posted == total - MOST
    call_command("verify", stdout=StringIO(), stderr=StringIO())


def told_by_the_api(sam: Api, total: int, exponent: int) -> None:
    account = sam.get("/accounts/ann").json()
    assert (account["posted"], account["available"], account["credits"]) == (str(total),) * 3
    assert account["exponent"] == exponent
    entries = sam.get("/accounts/ann/entries").json()["entries"]
    assert [each["balance"] for each in entries] == [str(n * MOST) for n in range(1, TIMES + 1)]
    found = sam.get(f"/transfers?amount={MOST}").json()["transfers"]
    assert [each["legs"][0]["amount"] for each in found] == [str(MOST)] * TIMES
    (sums,) = sam.get("/trial-balance").json()["totals"]
    assert (sums["debit"], sums["difference"]) == (str(total), "0")


def shown_to_people(total: int, exponent: int) -> None:
    pages = browser(SAM)
    for path in ("/accounts/ann", "/accounts/", "/trial-balance", "/balances/tree"):
        assert to_readable_text(total, exponent) in read(pages.get(path).content.decode()), path
    text = b"".join(pages.get("/accounts/ann/statement.csv").streaming_content).decode()
    *_, last = csv.DictReader(io.StringIO(text))
    assert last["balance"] == to_decimal_text(total, exponent)
    assert last["credit"] == to_decimal_text(MOST, exponent)


def exported_whole(total: int, exponent: int, folder: Path) -> None:
    decimals = to_decimal_text(total, exponent)
    exports = {name: exported(name) for name in ("csv", "jsonl", "beancount", "hledger")}
    assert exports["jsonl"].count(f'"{MOST}"') == 2 * TIMES
    assert exports["csv"].count(f",{to_decimal_text(MOST, exponent)},") == 2 * TIMES
    assert f"balance Liabilities:Ann  -{decimals} " in exports["beancount"]
    assert f" = -{decimals} " in exports["hledger"]
    (folder / "book.beancount").write_text(exports["beancount"], encoding="utf-8")
    assert complaints(folder / "book.beancount") == ""


def exported(name: str) -> str:
    out = StringIO()
    call_command("export", "--format", name, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("amount", [MOST + 1, "1" + "0" * 38])
def test_one_more_digit_is_refused(amount):
    sam = Api(SAM)
    for code in ("world", "ann"):
        body = {"code": code, "name": code, "currency": "JPY", "overdraft_limit": None}
        assert sam.post("/accounts", body).status_code == 201
    answer = sam.post("/transfers", {"from": "world", "to": "ann", "amount": amount})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/amount")
