"""Exports: what foreign programs are told, and that their own checkers confirm every balance."""

import re
import shutil
import subprocess
from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventstore.events import currencies
from eventstore.store import latest_position
from projections.ledger.models import Entry
from projections.ledger.month_ends import month_ends
from tests.examples.asking import ask
from tests.examples.ledger import credit, debit, open_account, pay, transfer
from tests.examples.real.beancheck import complaints

pytestmark = pytest.mark.django_db

DAYS = [date(2025, 11, 30), date(2026, 2, 28), date(2026, 2, 1), date(2025, 12, 31)]
MOST = 10**38 - 1


@pytest.fixture
def books():
    """Accounts above and beside others, currencies of any exponent, hostile texts, four months."""
    currencies.configure("POINTS:0,G2:18,TRUE:0")
    world = {"overdraft_limit": None}
    for code in ("EUR", "BHD", "CLF", "POINTS", "G2", "TRUE"):
        ask(open_account(f"outside:{code.lower()}", currency=code, **world))
        ask(open_account(f"customers:{code.lower()}", currency=code))
    ask(open_account("customers"))
    ask(open_account("customers:eur:sub-1.x_y"))
    ask(open_account("customers:eur-old"))
    ask(open_account("customers:eur:till", normal_balance="debit"))
    ask(open_account("never:used"))
    for number, day in enumerate(DAYS, start=1):
        about = {
            "effective_on": day,
            "description": f'{number}; "a\\b"\n(c) | d',
            "reference": "x)",
        }
        for code in ("eur", "bhd", "clf", "points", "g2", "true"):
            ask(pay(f"outside:{code}", f"customers:{code}", MOST - number, **about))
        ask(pay("outside:eur", "customers:eur:sub-1.x_y", 3 * number, **about))
        ask(pay("outside:eur", "customers", 5, effective_on=day))
        ask(pay("outside:eur", "customers:eur-old", 7, effective_on=day, description="(x) y"))
        legs = [debit("customers:eur:till", 9), credit("customers:eur", 9)]
        ask(transfer(*legs, effective_on=day))
    yield
    currencies.configure(settings.DAYBOOK_CURRENCIES)


class Terminal(StringIO):
    def isatty(self):
        return True


def test_beside_a_file_it_says_how_far_it_is_and_leaves_no_trace(books, monkeypatch):
    monkeypatch.setattr("projections.ledger.plaintext.CHUNK", 5)
    monkeypatch.setattr("eventstore.progress.REDRAW", 0)
    beside = Terminal()
    call_command("export", format="jsonl", stdout=StringIO(), stderr=beside)
    assert f" of {latest_position():,} (" in beside.getvalue()
    assert beside.getvalue().endswith("\r\x1b[K")
    beside = Terminal()
    call_command("export", format="jsonl", stdout=Terminal(), stderr=beside)
    assert beside.getvalue() == ""


def exported(format_: str, *arguments: str) -> str:
    out = StringIO()
    call_command("export", "--format", format_, *arguments, stdout=out)
    return out.getvalue()


def checked(text: str, folder) -> str:
    path = folder / "book.beancount"
    path.write_text(text, encoding="utf-8")
    return complaints(path)


# --- beancount -------------------------------------------------------------------------------


def test_bean_check_confirms_every_account_at_every_months_end(books, tmp_path):
    text = exported("beancount")
    assert checked(text, tmp_path) == ""
    opened = re.findall(r"open (\S+)", text)
    asserted = re.findall(r"(\S+) balance (\S+)", text)
    firsts = ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01"]
    assert sorted(asserted) == sorted((day, name) for day in firsts for name in opened)


def test_bean_check_finds_a_balance_that_is_not_what_was_posted(books, tmp_path):
    entry = Entry.objects.filter(account="customers:eur-old").earliest("position")
    entry.amount += 1
    entry.save()
    said = checked(exported("beancount"), tmp_path)
    assert said.count("Balance failed for") == 4 * 2, "of the account and of the one above it"


def test_at_any_position_it_is_whole_and_confirmed(books, tmp_path):
    head = latest_position()
    for position in range(head - 12, head + 1):
        text = exported("beancount", "--at-position", str(position))
        assert checked(text, tmp_path) == ""
        at = int(re.match(r"; Daybook at position (\d+)", text)[1])
        assert position - 3 <= at <= position
    assert "never:used" not in exported("hledger", "--at-position", "3")
    assert exported("beancount", "--at-position", "0").count("\n") == 2


# --- hledger ---------------------------------------------------------------------------------


@pytest.fixture
def small():
    ask(open_account("outside:bank", overdraft_limit=None))
    ask(open_account("ann"))
    ask(open_account("till", normal_balance="debit"))
    about = {"description": "Salary; of\nMay", "reference": "r(1)"}
    ask(pay("outside:bank", "ann", 1250, effective_on=date(2026, 5, 7), **about))
    ask(pay("till", "ann", 1, effective_on=date(2026, 6, 30), description="(x)"))


def test_an_hledger_journal_declares_transfers_and_asserts(small):
    text = re.sub(r"transfer:[0-9a-f-]{36}", "transfer:ID", exported("hledger"))
    assert (
        text
        == f"""; Daybook at position {latest_position()}
decimal-mark .
commodity 1.00 EUR
account liabilities:outside:bank
account liabilities:ann
account assets:till
2026-05-07 * (r[1]) Salary, of May
    ; transfer:ID
    liabilities:outside:bank  12.50 EUR
    liabilities:ann  -12.50 EUR

2026-06-30 * () (x)
    ; transfer:ID
    assets:till  0.01 EUR
    liabilities:ann  -0.01 EUR

2026-05-31 * balance
    liabilities:ann  0.00 EUR = -12.50 EUR

2026-06-30 * balance
    liabilities:ann  0.00 EUR = -12.51 EUR

2026-05-31 * balance
    liabilities:outside:bank  0.00 EUR = 12.50 EUR

2026-06-30 * balance
    liabilities:outside:bank  0.00 EUR = 12.50 EUR

2026-05-31 * balance
    assets:till  0.00 EUR = 0.00 EUR

2026-06-30 * balance
    assets:till  0.00 EUR = 0.01 EUR

"""
    )


def test_a_journal_is_strict_whatever_is_in_the_books(books):
    """By the documented grammar: one commodity each, quoted where it must be, exact sums."""
    text = exported("hledger")
    amount = r'(-?\d+(?:\.\d+)?) ([A-Z]+|"[A-Z0-9]+")'
    declared = re.findall(r"^account (\S+)$", text, re.MULTILINE)
    commodities = re.findall(r"^commodity 1\.(0*) (\S+)$", text, re.MULTILINE)
    assert ("0" * 18, '"G2"') in commodities
    assert ("", "POINTS") in commodities
    for block in text.split("\n\n")[1:-1]:
        first, *lines = block.split("\n")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \*( \([^()]*\))?( [^;\n]*)?", first), first
        postings = [line for line in lines if not line.startswith("    ;")]
        for line in postings:
            found = re.fullmatch(rf"    (\S+)  {amount}(?: = {amount})?", line)
            assert found, line
            assert found[1] in declared


@pytest.mark.skipif(not shutil.which("hledger"), reason="hledger is not installed")
def test_hledger_check_confirms_it(books, tmp_path):
    path = tmp_path / "book.journal"
    path.write_text(exported("hledger"), encoding="utf-8")
    done = subprocess.run(
        ["hledger", "-f", path, "check", "--strict"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


# --- both ------------------------------------------------------------------------------------


def test_ends_of_months_are_read_some_accounts_at_a_time(books):
    whole = list(month_ends(latest_position()))
    with CaptureQueriesContext(connection) as made:
        assert list(month_ends(latest_position(), chunk=5)) == whole
    assert len(whole) == 17 * 4
    asked = [each["sql"] for each in made if "ledger_entry" in each["sql"]]
    assert len(asked) == 6
    assert sum("min(effective_on)" in sql for sql in asked) == 1, (
        "all entries are gone through once"
    )
