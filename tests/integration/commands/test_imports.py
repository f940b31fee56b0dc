"""Files through the one handler."""

import csv
import gzip
import io
import json
import lzma
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from commands.engine.models import Request
from eventstore.store import latest_position
from projections.ledger.models import Balance, Entry, Transfer
from tests.examples.factories import user
from tests.examples.people import ANN, EVE

pytestmark = pytest.mark.django_db

ACCOUNTS = """code,name,currency,normal_balance,overdraft_limit,owner
world,The world,EUR,,,
ann,"Ann, the first",EUR,credit,10.50,ann
cash,Till,JPY,debit,0,
"""
TRANSFERS = """reference,effective_on,debit,credit,amount,currency,description
t-1,2026-01-31,world,ann,12.34,EUR,Opening
t-2,2026-02-01,ann,,2.00,EUR,"Split, in three"
t-2,2026-02-01,,world,1.50,EUR,"Split, in three"
t-2,2026-02-01,,world,0.5,EUR,"Split, in three"
t-3,,ann,world,20.84,EUR,All that is left
"""


@pytest.fixture
def write(tmp_path):
    def make(name, text):
        path = tmp_path / name
        raw = text.encode()
        packed = {".gz": gzip.compress, ".xz": lzma.compress}.get(path.suffix, bytes)(raw)
        path.write_bytes(packed)
        return str(path)

    return make


def run(command, *arguments, **options):
    """What it says; it ends with 1 when any row was refused, and only then."""
    output, code = io.StringIO(), 0
    try:
        call_command(command, *arguments, stdout=output, **options)
    except SystemExit as ended:
        code = ended.code
    said = output.getvalue()
    assert code == bool(re.search(r'[1-9] refused|"refused":[1-9]', said)), said
    return said


def refused(path):
    with Path(f"{path}.refused.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def accounts(write):
    user(ANN)
    return run("import_accounts", write("accounts.csv", ACCOUNTS))


def test_accounts_come_with_limits_and_owners(accounts):
    assert accounts.startswith("3 imported, 0 there already, 0 refused")
    ann, cash, world = Balance.objects.order_by("account")
    assert (ann.name, ann.overdraft_limit, ann.owner) == ("Ann, the first", 1050, ANN.id)
    assert (cash.exponent, cash.normal_balance, cash.overdraft_limit) == (0, "debit", 0)
    assert (world.overdraft_limit, world.owner) == (None, None)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.xz"])
def test_rows_of_one_reference_are_one_transfer(accounts, write, ending):
    said = run("import_transfers", write(f"t.{ending}", TRANSFERS))
    assert said.startswith("3 imported, 0 there already, 0 refused")
    split = Transfer.objects.get(reference="t-2")
    assert [leg["amount"] for leg in split.legs] == ["200", "150", "50"]
    assert split.description == "Split, in three"
    assert Entry.objects.filter(transfer=split.id).count() == 2
    assert Balance.objects.get(account="ann").posted == 1234 - 200 - 2084


def test_the_same_file_again_changes_nothing(accounts, write):
    path = write("t.csv", TRANSFERS)
    run("import_transfers", path)
    before = latest_position()
    assert run("import_transfers", path).startswith("0 imported, 3 there already, 0 refused")
    counts = {"done": 0, "replayed": 3, "refused": 0, "report": None}
    assert json.loads(run("import_transfers", path, json=True)) == counts
    assert latest_position() == before
    run("import_transfers", path, series="another")
    assert latest_position() > before


def test_what_was_refused_and_is_mended_is_of_the_same_series(accounts, write):
    path = write("t.csv", TRANSFERS.replace("20.84", "20.85"))
    run("import_transfers", path)
    again = Path(f"{path}.refused.csv")
    again.write_text(again.read_text().replace("20.85", "20.84"))
    assert run("import_transfers", str(again)).startswith("1 imported")
    assert run("import_transfers", write("t.csv", TRANSFERS)).startswith("0 imported, 3 there")


def test_refused_rows_are_reported_and_may_come_again(accounts, write):
    text = TRANSFERS.replace("20.84", "20.85") + (
        "t-4,2026-02-30,world,ann,1.00,EUR,No such day\n"
        "t-5,2026-02-01,world,ann,1.001,EUR,Too fine\n"
        "t-6,2026-02-01,world,nobody,1.00,EUR,No such account\n"
        ",2026-02-01,world,ann,1.00,EUR,No reference\n"
        "t-8,2026-02-01,world,ann,1.00,EUR,Good\n"
    )
    path = write("t.csv", text)
    counts = {"done": 3, "replayed": 0, "refused": 5, "report": f"{path}.refused.csv"}
    assert json.loads(run("import_transfers", path, json=True)) == counts
    rows = refused(path)
    assert {(row["reference"], row["line"]) for row in rows} == {
        ("t-3", "6"), ("t-4", "7"), ("t-5", "8"), ("t-6", "9"), ("", "10"),
    }  # fmt: skip
    reasons = {row["reference"]: row["reason"] for row in rows}
    assert reasons["t-3"].startswith("insufficient-funds")
    assert reasons["t-6"].startswith("account-not-found")
    assert Request.objects.filter(source="import", status="refused").count() == 2
    mended = write("t.csv", text.replace("nobody", "ann").replace("20.85", "20.84"))
    assert run("import_transfers", mended).startswith("2 imported, 3 there already, 3 refused")


def test_a_row_in_another_currency_than_its_accounts_is_refused(accounts, write):
    path = write("t.2026-01.csv", TRANSFERS.replace(",12.34,EUR,", ",12.34,USD,"))
    assert run("import_transfers", path).startswith("1 imported, 0 there already, 2 refused")
    assert refused(path)[0]["reason"].startswith("currency-mismatch")


def test_each_row_of_a_reference_is_in_the_currency_of_its_accounts(accounts, write):
    run("import_accounts", write("more.csv", ACCOUNTS.splitlines()[0] + "\nyen,Yen,JPY,,,\n"))
    head = TRANSFERS.splitlines()[0]
    rows = "m-1,,world,ann,1.00,EUR,\nm-1,,cash,yen,100,{},\n"
    path = write("t.csv", f"{head}\n{rows.format('USD')}")
    assert run("import_transfers", path).startswith("0 imported, 0 there already, 1 refused")
    assert refused(path)[0]["reason"].startswith("currency-mismatch")
    path = write("t.csv", f"{head}\n{rows.format('JPY')}")
    assert run("import_transfers", path).startswith("1 imported")


def test_a_row_that_is_too_short_or_too_long_is_refused_and_the_rest_goes_on(accounts, write):
    text = TRANSFERS.replace("t-2,2026-02-01,,world,1.50,EUR,", "t-2,2026-02-01,,world,1.50,")
    path = write("t.csv", text + "t-9,,world,ann,1.00,EUR,Tea,and more\n")
    assert run("import_transfers", path).startswith("2 imported, 0 there already, 2 refused")
    assert [(row["reference"], row["line"]) for row in refused(path)] == [
        ("t-2", "3"), ("t-2", "4"), ("t-2", "5"), ("t-9", "7"),
    ]  # fmt: skip
    assert "header's columns" in refused(path)[0]["reason"]


def test_refusals_of_an_earlier_run_are_not_taken_for_this_ones(accounts, write):
    path = write("t.csv", TRANSFERS.replace("20.84", "20.85"))
    run("import_transfers", path)
    assert refused(path)
    assert "1 imported" in run("import_transfers", write("t.csv", TRANSFERS))
    assert not Path(f"{path}.refused.csv").exists()


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.xz"])
def test_a_damaged_file_is_a_sentence(accounts, write, ending):
    path = Path(write(f"t.{ending}", TRANSFERS * 50))
    path.write_bytes(path.read_bytes()[:90] + b"\xff\x00\xfe" * 9)
    with pytest.raises(CommandError, match=r"damaged|cannot be read|After line"):
        run("import_transfers", str(path))


def test_standard_input_may_begin_with_a_byte_order_mark(monkeypatch):
    user(ANN)
    given = io.BytesIO(b"\xef\xbb\xbf" + ACCOUNTS.encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(given, encoding="utf-8"))
    assert run("import_accounts", "-", series="accounts").startswith("3 imported")


def test_standard_input_that_is_no_text_is_a_sentence(monkeypatch):
    given = io.TextIOWrapper(io.BytesIO(b"\x7fELF\xff"), errors="surrogateescape")
    monkeypatch.setattr("sys.stdin", given)
    with pytest.raises(CommandError, match="After line 0: 'utf-8' codec"):
        run("import_accounts", "-", series="accounts")


def test_a_file_whose_name_is_no_text_is_imported_and_its_refusals_are_named(write):
    user(ANN)
    path = write("caf\udce9.csv", ACCOUNTS + "yen,Yen,XXY,,,\n")
    said = run("import_accounts", path)
    assert said.startswith("3 imported, 0 there already, 1 refused")
    assert "caf\\udce9.csv.refused.csv" in said
    assert len(refused(path)) == 1


def test_refusals_that_cannot_be_written_are_a_sentence(accounts, write):
    path = write("t.csv", TRANSFERS)
    Path(f"{path}.refused.csv").mkdir()
    with pytest.raises(CommandError, match=r"refused.csv cannot be written: Is a directory"):
        run("import_transfers", path)


def test_it_stops_at_the_first_refusal_when_told_to(accounts, write):
    path = write("t.csv", TRANSFERS.replace("t-1,2026-01-31,world", "t-1,2026-01-31,nobody"))
    before = latest_position()
    with pytest.raises(CommandError, match="Line 2 was refused: account-not-found"):
        run("import_transfers", path, stop_on_refusal=True)
    assert latest_position() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The header lacks"),
        ("code,name\n", "The header lacks currency"),
        ("code;name;currency\n", "separated by commas"),
        (ACCOUNTS.replace("owner", "owner,code", 1), "The header has code twice"),
    ],
)
def test_a_file_of_another_form_is_refused_in_a_sentence(write, text, said):
    with pytest.raises(CommandError, match=said):
        run("import_accounts", write("a.csv", text))


def test_a_missing_file_and_an_unknown_user_are_sentences(write):
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("import_accounts", "nowhere.csv")
    with pytest.raises(CommandError, match="There is no user 'nobody'"):
        run("import_accounts", write("a.csv", ACCOUNTS), user="nobody")
    with pytest.raises(CommandError, match="--series"):
        run("import_accounts", "-")


def test_who_may_not_open_accounts_may_not_import_them(write):
    user(EVE)
    path = write("a.csv", ACCOUNTS.replace(",ann\n", ",\n"))
    assert run("import_accounts", path, user="eve").startswith("0 imported, 0 there already, 3")
    assert refused(path)[0]["reason"].startswith("forbidden")
