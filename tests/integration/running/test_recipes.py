"""The recipes do what they say: each is followed word for word."""

import csv
import io
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from projections.ledger import statements
from projections.ledger.history import NOW
from projections.ledger.models import Balance
from projections.ledger.statements import Cut
from tests.examples.asking import ask
from tests.examples.http import Api
from tests.examples.ledger import open_account
from tests.examples.pages import browser
from tests.examples.people import SAM, VIC
from tests.tree import ROOT

pytestmark = pytest.mark.django_db

RECIPES = ROOT / "docs" / "recipes"


def recipe(name: str) -> str:
    return (RECIPES / name).read_text(encoding="utf-8")


def table(text: str, *header: str) -> list[list[str]]:
    """The rows of the table in a document that has this header."""
    head = re.escape(f"| {' | '.join(header)} |\n")
    (found,) = re.findall(rf"{head}\|[-|]+\|\n((?:\|.*\n)+)", text)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in found.splitlines()]


def test_there_is_no_recipe_that_nobody_tries():
    tried = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in RECIPES.iterdir() if f'"{path.name}"' not in tried] == []


def test_one_currency_is_changed_into_another():
    text, sam = recipe("cross-currency.md"), Api(SAM)
    for path, body, _, expected in re.findall(
        r"```http\nPOST /api/v1(\S+)\n(\{.*?\n?\})\n(\n(.+)\n)?```", text, re.DOTALL
    ):
        answer = sam.post(path, json.loads(body))
        status, _, code = (expected or "201 ").partition(" ")
        assert answer.status_code == int(status), answer.content
        assert answer.json().get("code", "") == code
    balances = sam.get("/balances").json()["balances"]
    assert table(text, "account", "currency", "posted") == [
        [each["account"], each["currency"], each["posted"]] for each in balances
    ]
    totals = sam.get("/trial-balance").json()["totals"]
    assert [(each["currency"], each["difference"]) for each in totals] == [
        ("EUR", "0"),
        ("USD", "0"),
    ]


def files_of(text: str) -> None:
    for name, content in re.findall(r"```csv (\S+)\n(.*?)```", text, re.DOTALL):
        Path(name).write_text(content, encoding="utf-8")


@pytest.mark.django_db(transaction=True)
def test_balances_come_in_from_another_system(tmp_path, monkeypatch):
    text = recipe("opening-balances.md")
    monkeypatch.chdir(tmp_path)
    files_of(text)
    commands = re.findall(r"^python manage\.py (.+)$", text, re.MULTILINE)
    assert len(commands) == 3
    for _ in range(2):  # What is in stays in once.
        for command in commands:
            call_command(*command.split(), stdout=StringIO(), stderr=StringIO())
        assert not list(tmp_path.glob("*.refused.csv"))
    (path,) = re.findall(r"`/(trial-balance\?\S+)`", text)
    answer = browser(VIC).get("/" + path.replace("?", ".csv?"))
    found = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert table(text, "account", "debit", "credit") == [
        [row["account"], row["debit"], row["credit"]] for row in found
    ]
    ada = Balance.objects.get(account="customers:ada")
    (line,) = statements.statement(Cut(ada, NOW), limit=9).lines
    assert (line.effective_on.isoformat(), line.balance) == ("2025-12-31", 12540)


@pytest.mark.django_db(transaction=True)
def test_an_account_is_held_against_a_statement(tmp_path, monkeypatch):
    text, said = recipe("reconciling.md"), StringIO()
    monkeypatch.chdir(tmp_path)
    files_of(text)
    ask(open_account("assets:bank", normal_balance="debit", overdraft_limit=None))
    for code in ("outside:ada", "outside:landlord"):
        ask(open_account(code, overdraft_limit=None))
    call_command("import_transfers", "ledger.csv", stdout=StringIO())
    (command,) = re.findall(r"^python manage\.py (.+)$", text, re.MULTILINE)
    with pytest.raises(SystemExit) as ended:
        call_command(*command.split(), stdout=said)
    assert ended.value.code == 1
    (expected,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert said.getvalue() == expected
