"""An account held against a statement of somebody else: by the command and on its page."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from eventstore.store import latest_position
from projections.ledger import foreign, reconciliation
from projections.ledger.models import Entry, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser, read
from tests.examples.people import ANN, BOB, SAM

pytestmark = pytest.mark.django_db

OLDEST_FIRST = """effective_on,amount,reference,description,balance
2026-03-02,100.00,in-1,Salary,100.00
2026-03-05,-30.00,r-1,Rent,70.00
2026-03-31,-5.00,r-2,Fee,65.00
"""


@pytest.fixture
def bank():
    """Our account at a bank, debit-normal: what is put in raises it."""
    rich("ann", 0, owner=ANN)
    ask(open_account("assets:bank", normal_balance="debit", overdraft_limit=None))

    def moves(amount: int, day: str, reference: str) -> None:
        sides = ("assets:bank", "world") if amount > 0 else ("world", "assets:bank")
        about = {"effective_on": date.fromisoformat(day), "reference": reference}
        assert ask(pay(*sides, abs(amount), **about)).succeeded

    moves(100_00, "2026-03-02", "in-1")
    moves(-30_00, "2026-03-05", "r-1")
    moves(-5_00, "2026-04-02", "r-2")
    return moves


def reconciled(content: str, folder, *options: str, account: str = "assets:bank") -> list[str]:
    path, out = folder / "bank.csv", StringIO()
    path.write_text(content, encoding="utf-8")
    try:
        call_command("reconcile", account, str(path), *options, stdout=out)
    except SystemExit as ended:
        assert ended.code == 1
        return [*out.getvalue().splitlines(), "differs"]
    return out.getvalue().splitlines()


# --- the command -----------------------------------------------------------------------------


def test_it_tells_what_is_matched_near_missing_and_extra(bank, tmp_path):
    bank(-9_00, "2026-03-20", "only-ours")
    theirs = OLDEST_FIRST.replace("-30.00,r-1,Rent", "-31.00,r-1,Rent")
    assert reconciled(theirs, tmp_path) == [
        "near     2026-03-31            -5.00  r-2 Fee (2026-04-02 in the ledger)",
        "missing  2026-03-05           -31.00  r-1 Rent (line 3)",
        f"extra    2026-03-05           -30.00  r-1 (position {position_of('r-1')})",
        f"extra    2026-03-20            -9.00  only-ours (position {position_of('only-ours')})",
        "broken   2026-03-05           -31.00  r-1 Rent (line 3: its balance does not follow)",
        "opening balance 0.00, as in the ledger",
        "closing balance 65.00, 61.00 in the ledger",
        "2026-03-02 to 2026-03-31: 1 matched, 1 near, 1 missing, 2 extra",
        "differs",
    ]


def test_programs_are_told_the_same_with_amounts_in_minor_units(bank, tmp_path):
    theirs = OLDEST_FIRST.replace("-30.00,r-1,Rent", "-31.00,r-1,Rent")
    said, _ = reconciled(theirs, tmp_path, "--json")
    found = json.loads(said)
    assert (found["agrees"], found["since"]) == (False, "2026-03-02")
    (missing,) = found["missing"]
    assert (missing["amount"], missing["place"], missing["reference"]) == ("-3100", 3, "r-1")
    assert [pair["ours"]["amount"] for pair in found["near"]] == ["-500"]
    assert found["edges"][1] == {"name": "closing", "theirs": "6500", "ours": "7000"}


def position_of(reference: str) -> int:
    transfer = Transfer.objects.get(reference=reference)
    return Entry.objects.get(transfer=transfer.id, account="assets:bank").position


@pytest.mark.parametrize("turned", [False, True])
def test_where_both_sides_agree_it_ends_well_whichever_line_comes_first(bank, tmp_path, turned):
    header, *lines = OLDEST_FIRST.splitlines()[:3]
    content = "\n".join([header, *(lines[::-1] if turned else lines)])
    assert reconciled(content, tmp_path) == [
        "opening balance 0.00, as in the ledger",
        "closing balance 70.00, as in the ledger",
        "2026-03-02 to 2026-03-05: 2 matched, 0 near, 0 missing, 0 extra",
    ]


def test_of_one_day_the_balances_tell_which_line_comes_first(bank, tmp_path):
    bank(1_00, "2026-05-01", "a")
    bank(2_00, "2026-05-01", "b")
    content = "effective_on,amount,balance\n2026-05-01,2.00,68.00\n2026-05-01,1.00,66.00\n"
    assert reconciled(content, tmp_path)[:2] == [
        "opening balance 65.00, as in the ledger",
        "closing balance 68.00, as in the ledger",
    ]


def test_a_balance_may_be_told_now_and_then(bank, tmp_path):
    content = "effective_on,amount,balance\n2026-03-02,100,\n2026-03-05,-30,70\n"
    assert reconciled(content, tmp_path)[:2] == [
        "opening balance 0.00, as in the ledger",
        "closing balance 70.00, as in the ledger",
    ]


def test_dates_that_are_given_bound_both_sides(bank, tmp_path):
    said = reconciled(OLDEST_FIRST, tmp_path, "--since", "2026-03-01", "--until", "2026-03-04")
    assert said[-1] == "2026-03-01 to 2026-03-04: 1 matched, 0 near, 0 missing, 0 extra"
    said = reconciled(OLDEST_FIRST, tmp_path, "--days", "0")
    assert said[-2] == "2026-03-02 to 2026-03-31: 2 matched, 0 near, 1 missing, 0 extra"
    with pytest.raises(CommandError, match="no line in this time"):
        reconciled(OLDEST_FIRST, tmp_path, "--since", "2027-01-01")


def test_the_direction_is_the_accounts_own(bank, tmp_path):
    ask(pay("world", "ann", 100, effective_on=date(2026, 3, 2)))
    content = "effective_on,amount\n2026-03-02,1.00\n"
    assert "1 matched" in reconciled(content, tmp_path, account="ann")[0]


def test_what_is_no_statement_is_told_and_nothing_steers_the_terminal(bank, tmp_path):
    with pytest.raises(CommandError, match="There is no account 'nobody'") as unknown:
        reconciled(OLDEST_FIRST, tmp_path, account="nobody")
    with pytest.raises(CommandError, match="lacks effective_on") as unfit:
        reconciled("x,y\n", tmp_path)
    with pytest.raises(CommandError, match="cannot be read") as missing:
        call_command("reconcile", "assets:bank", str(tmp_path / "none.csv"))
    assert [each.value.returncode for each in (unknown, unfit, missing)] == [2, 2, 2]
    said = reconciled("effective_on,amount,description\n2026-03-02,3,\x1b[2J\x07!\n", tmp_path)
    assert "�[2J�!" in said[0]


# --- the page --------------------------------------------------------------------------------


def sent(client, content: str | bytes, account: str = "ann", **fields: str):
    data = content if isinstance(content, bytes) else content.encode()
    upload = SimpleUploadedFile("bank.csv", data, content_type="text/csv")
    return client.post(f"/accounts/{account}/reconcile", {"file": upload, **fields})


def test_an_owner_sees_what_came_of_it_and_nothing_is_changed(bank):
    ask(pay("world", "ann", 100, effective_on=date(2026, 3, 2), description="Ours alone"))
    before = latest_position()
    answer = sent(browser(ANN), "effective_on,amount,description\n2026-03-02,2.00,<b>Theirs</b>\n")
    assert answer.status_code == 200
    said = read(answer.content.decode())
    assert "2026-03-02 to 2026-03-02: 0 matched, 0 near, 1 missing, 1 extra." in said
    assert "<b>Theirs" not in answer.content.decode()
    assert "Ours alone" in said
    assert latest_position() == before
    same = sent(browser(ANN), "effective_on,amount,balance\n2026-03-02,1.00,1.00\n")
    assert "1 matched, 0 near, 0 missing, 0 extra. Both sides agree." in read(same.content.decode())


def test_it_is_of_ones_own_account_alone(bank):
    for person, account in ((BOB, "ann"), (ANN, "world"), (SAM, "nobody")):
        assert sent(browser(person), OLDEST_FIRST, account).status_code == 404
    assert sent(browser(SAM), OLDEST_FIRST, "assets:bank").status_code == 200
    ask(pay("world", "ann", 1))
    assert 'href="/accounts/ann/reconcile"' in browser(ANN).get("/accounts/ann").content.decode()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"\0" * 100, b"effective_on,amount\n\"", b"PK\x03\x04" + b"\x80" * 99,
     b"effective_on,amount\n" + b"," * 10_000, b"=cmd|' /C calc'!A0,amount\n1,1\n",
     b"effective_on,amount\n0000-00-00,1\n", b"effective_on,amount\n9999-12-31,-\n"],
)  # fmt: skip
def test_a_hostile_file_is_told_so_calmly(bank, content):
    answer = sent(browser(ANN), content)
    assert answer.status_code == 400
    assert "Not understood" in read(answer.content.decode())


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_are_days_like_others(bank, day):
    answer = sent(browser(ANN), f"effective_on,amount,balance\n{day},1,1\n")
    assert (answer.status_code, b"1 missing" in answer.content) == (200, True)


@pytest.mark.parametrize(
    "fields", [{"days": "-1"}, {"days": "x"}, {"days": "9" * 30}, {"since": "x"}, {"until": "\0"}]
)
def test_a_field_that_is_wrong_is_named(bank, fields):
    answer = sent(browser(ANN), OLDEST_FIRST, **fields)
    assert answer.status_code == 400
    assert f"{next(iter(fields))}: " in read(answer.content.decode())


def test_how_much_there_may_be_is_said(bank, monkeypatch):
    ann = browser(ANN)
    assert "Choose a file." in read(ann.post("/accounts/ann/reconcile").content.decode())
    monkeypatch.setattr(reconciliation, "MOST_BYTES", 10)
    said = read(sent(ann, OLDEST_FIRST).content.decode())
    assert "larger than" in said
    monkeypatch.undo()
    monkeypatch.setattr(foreign, "MOST_LINES", 2)
    assert "more than 2 lines" in read(sent(ann, OLDEST_FIRST).content.decode())


def test_a_long_list_is_cut_and_says_so(bank, monkeypatch):
    monkeypatch.setattr(reconciliation, "SHOWN", 2)
    content = "effective_on,amount\n" + "2026-03-02,1.00\n" * 5
    answer = sent(browser(ANN), content)
    assert "The first 2 of 5" in read(answer.content.decode())
    assert answer.content.decode().count('data-label="Line"') == 2
