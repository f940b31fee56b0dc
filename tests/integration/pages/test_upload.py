"""A file that is uploaded: looked at first, which changes nothing, and then sent as one bulk."""

import csv
import io
import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.engine import bulk_page, upload_page, uploading
from commands.engine.models import Request
from eventstore.store import latest_position
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.pages import browser, posted, read, rows, said_at, text, value_of
from tests.examples.people import BOB, EVE, SAM, VIC
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db

HEADER = "reference,effective_on,debit,credit,amount,currency,description\n"
GOOD = "m-1,2026-01-05,ann,bob,2.50,EUR,Tea\n"
TOO_MUCH = "m-2,2026-01-05,ann,bob,99.00,EUR,A house\n"
UNREADABLE = "m-3,2026-01-05,ann,bob,a lot,EUR,A riddle\n"
FILE = HEADER + GOOD + TOO_MUCH + UNREADABLE
ACCOUNTS = "code,name,currency,normal_balance,overdraft_limit,owner\n"
HIDDEN = ("of", "mode", "series", "rows", "idempotency_key")


@pytest.fixture
def sam(ann):
    return browser(SAM)


def look(client, content, *, name="march.csv", **fields):
    """The page that shows what would come of a file."""
    raw = content if isinstance(content, bytes) else content.encode()
    sent = {"of": "transfers", "mode": "each", "series": "", "check": "1"} | fields
    return client.post("/bulk/new", sent | {"file": SimpleUploadedFile(name, raw)})


def send(client, looked, **more):
    """Send what was looked at, as the page has it."""
    fields = {name: unescape(value_of(looked, name)) for name in HIDDEN}
    return client.post("/bulk/new", fields | more)


def fates(looked):
    """What would come of each row, by line."""
    lines = re.findall(r"<tr>.*?</tr>", looked.content.decode(), re.DOTALL)[1:]
    cells = [re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL) for line in lines]
    return {int(read(line)): read(fate) for line, _, fate in cells}


def downloaded(answer):
    return list(csv.reader(io.StringIO(b"".join(answer).decode(), newline="")))


def the_bulk():
    return Request.objects.get(command="bulk")


# --- looking ---------------------------------------------------------------------------------


def test_looking_says_what_would_come_of_each_row_and_changes_nothing(sam):
    before = latest_position(), Request.objects.count()
    looked = look(sam, FILE)
    assert looked.status_code == 200
    assert fates(looked) == {
        2: "would be done",
        3: "would be refused The account does not have this much available. "
        "Account ann Available 7.50 EUR Requested 99.00 EUR",
        4: "cannot be read 'a lot' is not an amount: write digits, decimals after a point.",
    }
    page = read(looked.content.decode())
    for said in ("1 would be done: 2.50 EUR", "1 would be refused", "1 cannot be read"):
        assert said in page
    assert (latest_position(), Request.objects.count()) == before


def test_each_row_is_looked_at_after_those_before_it(sam):
    twice = HEADER + GOOD.replace("2.50", "6") + TOO_MUCH.replace("99.00", "4.01")
    assert "Available 4.00 EUR Requested 4.01 EUR" in fates(look(sam, twice))[3]


def test_rows_of_one_reference_are_one_transfer(sam):
    split = "m-4,,ann,,2.50,EUR,Tea\nm-4,,,bob,2.00,EUR,Tea\nm-4,,,world,0.50,EUR,Tea\n"
    looked = look(sam, HEADER + split)
    assert fates(looked) == {2: "would be done"}
    send(sam, looked)
    assert (posted("ann"), posted("bob")) == (750, 200)


def test_many_rows_are_shown_in_part_but_each_that_would_not_be_done(sam, monkeypatch):
    monkeypatch.setattr(uploading, "SHOWN", 1)
    looked = look(sam, FILE + "m-5,,ann,bob,0.01,EUR,\n")
    assert list(fates(looked)) == [2, 3, 4]
    assert "And 1 more" in read(looked.content.decode())


# --- sending ---------------------------------------------------------------------------------


def test_sending_does_what_was_said_and_no_more(sam):
    answer = send(sam, look(sam, FILE))
    bulk = the_bulk()
    assert (answer.status_code, answer["Location"]) == (303, f"/requests/{bulk.id}")
    assert (posted("ann"), posted("bob")) == (750, 250)
    page = text(sam, answer["Location"])
    assert "The file was sent: 1 done, 1 refused." in page
    assert "1 of 2 done, 1 refused." in page
    assert [row[0] for row in rows(sam, answer["Location"])[1:]] == ["2", "3"]
    only = rows(sam, f"{answer['Location']}?only=refused")[1:]
    assert [row[0] for row in only] == ["3"]
    items = Request.objects.filter(parent=bulk.id)
    assert {each.source for each in (bulk, *items)} == {"import"}


def test_all_or_none_is_not_sent_while_a_row_would_not_be_done(sam):
    for content in (HEADER + GOOD + TOO_MUCH, HEADER + GOOD + UNREADABLE):
        looked = look(sam, content, mode="all")
        assert "nothing would be done" in read(looked.content.decode())
        assert "Do it now" not in looked.content.decode()
        assert send(sam, looked).status_code in (400, 422)
    assert posted("bob") == 0


def test_what_is_refused_as_a_whole_shows_the_row_to_blame_and_can_be_mended(sam):
    looked = look(sam, HEADER + GOOD + "m-2,,ann,bob,7.50,EUR,\n", mode="all")
    other = look(sam, HEADER + GOOD, name="other.csv")
    assert send(sam, other).status_code == 303
    answer = send(sam, looked)
    assert answer.status_code == 422
    assert fates(answer)[3].startswith("would be refused")
    refused = Request.objects.get(command="bulk", status="refused")
    _, *found = downloaded(sam.get(f"/bulk/{refused.id}/refused.csv"))
    assert [row[-2] for row in found] == ["3", "3"], "a row for each of its legs"
    assert "0 of 2 done, 1 refused." in text(sam, f"/requests/{refused.id}")


def test_the_same_file_again_is_there_already_and_is_done_once(sam):
    send(sam, look(sam, HEADER + GOOD))
    position = latest_position()
    again = look(sam, HEADER + GOOD)
    assert fates(again) == {2: "there already"}
    answer = send(sam, again)
    assert "1 of 1 done, 1 of them before." in text(sam, answer["Location"])
    assert latest_position() == position
    assert fates(look(sam, HEADER + GOOD, name="april.csv")) == {2: "would be done"}


def test_another_row_under_a_reference_that_was_used_is_refused(sam):
    send(sam, look(sam, HEADER + GOOD))
    assert "would be refused" in fates(look(sam, HEADER + GOOD.replace("2.50", "2.51")))[2]
    inside = look(sam, HEADER + GOOD.replace("m-1", "n") + TOO_MUCH + GOOD.replace("m-1", "n"))
    assert [fate[:13] for fate in fates(inside).values()] == [
        "would be done", "would be refused"[:13], "there already",
    ]  # fmt: skip


def test_a_double_click_is_one_bulk(sam):
    looked = look(sam, HEADER + GOOD)
    assert send(sam, looked)["Location"] == send(sam, looked)["Location"]
    assert posted("bob") == 250


def test_a_refused_row_may_come_again_once_it_can_be_done(sam):
    send(sam, look(sam, HEADER + TOO_MUCH))
    ask(pay("world", "ann", 10_000))
    answer = send(sam, look(sam, HEADER + TOO_MUCH))
    assert "1 of 1 done." in text(sam, answer["Location"])


def test_a_file_imported_from_the_shell_is_there_already(sam, tmp_path):
    path = tmp_path / "march.csv"
    path.write_text(HEADER + GOOD)
    user(SAM)
    call_command("import_transfers", str(path), user="sam", stdout=io.StringIO())
    assert fates(look(sam, HEADER + GOOD)) == {2: "there already"}


# --- later -----------------------------------------------------------------------------------


def test_it_is_done_later_when_that_is_wanted(sam):
    answer = send(sam, look(sam, FILE), later="1")
    at = answer["Location"]
    assert "0 of 2 done. They are decided together" in text(sam, at)
    assert sam.get(at, headers={"HX-Request": "true"}).status_code == 204
    assert posted("bob") == 0
    work()
    assert "1 of 2 done, 1 refused." in text(sam, at)
    assert "hx-trigger" not in sam.get(at, headers={"HX-Request": "true"}).content.decode()


def test_what_is_much_is_always_done_later(sam, monkeypatch):
    monkeypatch.setattr(upload_page, "MAX_BATCH", 1)
    looked = look(sam, HEADER + GOOD + GOOD.replace("m-1", "m-2"))
    assert "a worker does it" in read(looked.content.decode())
    send(sam, looked)
    assert (the_bulk().road, the_bulk().status) == ("queued", "accepted")


def test_a_page_of_many_commands_shows_the_first_and_what_was_refused(sam, monkeypatch):
    monkeypatch.setattr(bulk_page, "SHOWN", 1)
    content = HEADER + GOOD + GOOD.replace("m-1", "m-4") + TOO_MUCH
    at = send(sam, look(sam, content))["Location"]
    assert [row[0] for row in rows(sam, at)[1:]] == ["2", "4"]
    assert "And 1 more, none of them refused." in text(sam, at)


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        ("reference,amount\n", "lacks effective_on, debit, credit, currency, description"),
        (HEADER, "no rows below its header"),
        (HEADER.replace(",", ";") + GOOD.replace(",", ";"), "commas must part them"),
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


# --- who -------------------------------------------------------------------------------------


def test_each_row_is_decided_as_that_persons_own(ann):
    content = HEADER + GOOD + "m-9,,bob,ann,1.00,EUR,Mine now\n"
    looked = look(ann, content)
    mine, other = fates(looked).values()
    assert (mine, other[:16]) == ("would be done", "would be refused")
    send(ann, looked)
    assert (posted("ann"), posted("bob")) == (750, 250)
    assert "would be refused" in fates(look(browser(EVE), content))[2]


def test_who_is_not_staff_learns_no_names_and_opens_accounts_for_nobody_else(ann, settings):
    settings.DAYBOOK_SELF_SERVICE = True
    rows = "".join(
        f"{code},Purse,EUR,,0,{owner}\n"
        for code, owner in (("mine", "ann"), ("his", "bob"), ("who", "x"))
    )
    own, *others = fates(look(ann, ACCOUNTS + rows, of="accounts")).values()
    assert own == "would be done"
    assert others == ["cannot be read only staff open accounts for others"] * 2
    staff = list(fates(look(browser(SAM), ACCOUNTS + rows, of="accounts")).values())
    assert staff[:2] == ["would be done"] * 2
    assert "there is no user 'x'" in staff[2]


# --- how it is found, and what it costs ------------------------------------------------------


def test_it_is_one_click_from_home_and_from_the_accounts(ann):
    for path in ("/", "/accounts/"):
        assert 'href="/bulk/new"' in ann.get(path).content.decode()


def test_the_examples_are_files_as_they_are_to_be(sam):
    for of in ("accounts", "transfers"):
        answer = sam.get(f"/bulk/{of}.csv")
        looked = look(sam, answer.content, name=f"{of}.csv", of=of)
        assert set(fates(looked).values()) == {"would be done"}
        assert send(sam, looked).status_code == 303
    assert posted("example:wallet") == 3750


def test_many_rows_cost_as_many_queries_as_few(sam):
    def file(many):
        owners = ("ann", "bob", "sam")
        lines = (f"n{n},N,EUR,,0,{owners[n % 3]}\n" for n in range(many))
        return ACCOUNTS + "".join(lines)

    counts = []
    for many in (3, 60):
        with CaptureQueriesContext(connection) as made:
            assert look(sam, file(many), of="accounts").status_code == 200
        counts.append(len(made))
    assert counts[0] == counts[1] <= 14, [each["sql"][:80] for each in made]
