"""A file that is uploaded: looked at first, which changes nothing, and then sent as one bulk."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commands.engine import bulk_page, upload_page, uploading
from commands.engine.models import Request
from eventstore.store import latest_position
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.pages import browser, posted, read, rows, text
from tests.examples.people import EVE, SAM
from tests.examples.queueing import work
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
        4: "cannot be read 'a lot' is not an amount: write digits, "
        "with at most 2 decimals after a point.",
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
    assert posted("bob") == 0
    work()
    assert "1 of 2 done, 1 refused." in text(sam, at)


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
