"""Files that cannot be read, and the files in which what was not done comes back."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.engine import uploading
from commands.engine.models import Request
from projections.ledger.models import Transfer
from tests.examples.http import Api
from tests.examples.pages import browser, posted, rows, said_at, value_of
from tests.examples.people import BOB, SAM, VIC
from tests.examples.uploading import (
    ACCOUNTS,
    FILE,
    GOOD,
    HEADER,
    TOO_MUCH,
    UNREADABLE,
    downloaded,
    fates,
    look,
    send,
)

pytestmark = pytest.mark.django_db


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        ("reference,amount\n", "lacks effective_on, debit, credit, currency, description"),
        (HEADER, "no rows below its header"),
        (HEADER.replace(",", ";") + GOOD.replace(",", ";"), "separated by commas"),
        (HEADER.replace("description", "amount,description"), "amount twice"),
        (FILE.encode("utf-16"), "not UTF-8 text"),
        (b"PK\x03\x04\xff", "not UTF-8 text"),
        (HEADER + GOOD.replace("Tea", "T\0a"), "NUL"),
        (HEADER + 'm-1,,ann,bob,1,EUR,"Tea', "After line 1"),
        (HEADER + GOOD * 2 + "\n" + "x" * uploading.MAX_BYTES, "larger than 1 MiB"),
        (HEADER + "".join(f"r{n},,a,b,1,EUR,\n" for n in range(1001)), "more than 1,000 at once"),
    ],
    ids=["empty", "columns", "no rows", "semicolons", "twice", "utf-16", "zip", "nul", "quote",
         "bytes", "rows"],
)  # fmt: skip
def test_a_file_of_another_form_is_refused_in_a_sentence_at_its_field(sam, content, said):
    answer = look(sam, content)
    assert answer.status_code in (400, 413)
    assert said in said_at(answer, "file")


def test_a_byte_order_mark_and_any_end_of_lines_are_taken(sam):
    for content in ("\ufeff" + FILE, FILE.replace("\n", "\r\n"), FILE.replace("\n", "\r")):
        assert list(fates(look(sam, content))) == [2, 3, 4]


def test_lines_are_counted_as_the_file_has_them_when_it_is_sent_too(sam):
    content = HEADER + '\nm-1,,ann,bob,1,EUR,"Tea\nand cake"\n' + TOO_MUCH + "\n\n"
    looked = look(sam, content)
    at = send(sam, looked)["Location"]
    assert list(fates(looked)) == [int(row[0]) for row in rows(sam, at)[1:]] == [4, 5]


def test_what_is_chosen_must_be_a_choice_and_a_file_must_be_there(sam):
    wrong = look(sam, FILE, of="cats", mode="some", series="x" * 101)
    for name in ("of", "mode", "series"):
        assert said_at(wrong, name)
    assert "Choose a file." in said_at(sam.post("/bulk/new", {"check": "1"}), "file")
    sent = sam.post("/bulk/new", {"of": "transfers", "mode": "each", "series": "s"})
    assert (sent.status_code, said_at(sent, "file")) == (400, "Choose a file.")
    assert not Request.objects.filter(command="bulk", status="succeeded").exists()


def test_a_file_without_any_row_that_can_be_read_is_not_sent(sam):
    looked = look(sam, HEADER + UNREADABLE)
    assert "Do it now" not in looked.content.decode()
    assert send(sam, looked).status_code == 400


def test_what_a_page_sends_is_read_anew(sam):
    looked = look(sam, HEADER + GOOD)
    assert send(sam, looked, rows=HEADER + GOOD.replace("ann", "nobody")).status_code == 303
    assert posted("bob") == 0
    assert send(sam, looked, rows="what?").status_code == 400


# --- what was refused, as a file -------------------------------------------------------------


def test_what_would_not_be_done_is_downloaded_to_be_mended(sam):
    answer = send(sam, look(sam, FILE), refused="1")
    assert 'filename="march.refused.csv"' in answer["Content-Disposition"]
    head, *found = downloaded(answer)
    assert head == [*HEADER.strip().split(","), "line", "reason"]
    assert [row[:-1] for row in found] == [
        [*line.strip().split(","), number]
        for number, line in (("3", TOO_MUCH), ("4", UNREADABLE))
    ]  # fmt: skip
    assert found[0][-1].startswith("insufficient-funds: ")
    assert not Request.objects.filter(command="bulk").exists()


def test_what_was_refused_is_downloaded_mended_and_of_the_same_series(sam):
    at = send(sam, look(sam, FILE))["Location"]
    answer = sam.get(f"/bulk/{at.removeprefix('/requests/')}/refused.csv")
    assert 'filename="march.refused.csv"' in answer["Content-Disposition"]
    head, *found = downloaded(answer)
    # Each leg of a transfer is a row.
    assert [row[:-1] for row in found] == [
        ["m-2", "2026-01-05", "ann", "", "99.00", "EUR", "A house", "3"],
        ["m-2", "2026-01-05", "", "bob", "99.00", "EUR", "A house", "3"],
    ]
    mended = ",".join(head) + "\n" + "".join(",".join(row) + "\n" for row in found)
    looked = look(sam, mended.replace("99.00", "1.00"), name="march.refused.csv")
    assert fates(looked) == {2: "would be done"}
    assert value_of(looked, "series") == "march"
    send(sam, looked)
    assert fates(look(sam, HEADER + TOO_MUCH)) != {2: "would be done"}


def test_refused_accounts_come_back_as_rows(sam):
    content = ACCOUNTS + "ann,Ann again,EUR,debit,10.00,bob\nbob,Bob again,EUR,,,\n"
    at = send(sam, look(sam, content, of="accounts"))["Location"]
    answer = sam.get(f"/bulk/{at.removeprefix('/requests/')}/refused.csv")
    assert [row[:-1] for row in downloaded(answer)[1:]] == [
        ["ann", "Ann again", "EUR", "debit", "10.00", "bob", "2"],
        ["bob", "Bob again", "EUR", "", "", "", "3"],
    ]


def test_many_refused_accounts_cost_no_more_than_a_few(sam):
    costs = []
    for many in (2, 40):
        owners = ("bob", "sam", "")
        content = ACCOUNTS + "".join(f"ann,Ann {n},EUR,,,{owners[n % 3]}\n" for n in range(many))
        at = send(sam, look(sam, content, of="accounts", series=f"s{many}"))["Location"]
        with CaptureQueriesContext(connection) as captured:
            answer = sam.get(f"/bulk/{at.removeprefix('/requests/')}/refused.csv")
        assert [row[5] for row in downloaded(answer)[1:]] == [owners[n % 3] for n in range(many)]
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_refused_rows_that_are_uploaded_again_say_what_they_said(sam):
    odd = TOO_MUCH.replace("m-2", "+49-1").replace("A house", "-10 % off")
    refused = downloaded(send(sam, look(sam, HEADER + odd), refused="1"))
    assert "'-10 % off" in refused[1]
    mended = [[cell.replace("99.00", "0.50") for cell in row[:7]] for row in refused]
    content = "\n".join(",".join(row) for row in mended) + "\n"
    assert send(sam, look(sam, content)).status_code == 303
    assert Transfer.objects.get(reference="+49-1").description == "-10 % off"


def test_rows_that_are_no_text_are_told_so_as_a_file_is(sam):
    answer = send(sam, look(sam, FILE), rows=HEADER + GOOD.replace("Tea", "T\0"))
    assert answer.status_code == 400
    assert "NUL" in said_at(answer, "file")


def test_what_could_not_be_read_has_no_refused_rows(sam):
    sam.post("/bulk/new", {"of": "transfers", "mode": "each", "series": "s"})
    malformed = Request.objects.get(status="malformed")
    assert sam.get(f"/bulk/{malformed.id}/refused.csv").status_code == 404


def test_no_spreadsheet_takes_what_was_refused_for_a_formula(sam):
    hostile = '=cmd()|x,,ann,bob,99.00,EUR,"@SUM(1,2)"\n+1,,ann,bob,-5,EUR,\n'
    looked = look(sam, HEADER + hostile, name='=1"><script>.csv')
    assert "<script>." not in looked.content.decode()
    early = send(sam, looked, refused="1")
    late = sam.get(send(sam, looked)["Location"].replace("requests", "bulk") + "/refused.csv")
    for answer in (early, late):
        assert re.fullmatch(
            r'attachment; filename="[A-Za-z0-9_.-]+\.refused\.csv"', answer["Content-Disposition"]
        )
        for row in downloaded(answer):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert "'=cmd()|x" in downloaded(late)[1]


def test_only_uploads_have_such_a_file_and_only_for_who_sees_them(sam):
    at = send(sam, look(sam, FILE))["Location"].replace("requests", "bulk") + "/refused.csv"
    assert (browser(VIC).get(at).status_code, browser(BOB).get(at).status_code) == (200, 404)
    asked = {"from": "ann", "to": "bob", "amount": 1}
    body = {"atomic": True, "commands": [{"command": "post_transfer", "data": asked}]}
    other = Api(SAM).post("/bulk", body)["Daybook-Request"]
    assert sam.get(f"/bulk/{other}/refused.csv").status_code == 404
