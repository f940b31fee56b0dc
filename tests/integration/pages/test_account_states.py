"""Pages that say how an account may be used: its limit, frozen, closed."""

import pytest

from commands.ledger.messages import CloseAccount, FreezeAccount, PlaceHold
from eventstore.store import latest_position, read_stream
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.pages import browser, paying, read, said_at, text, value_of
from tests.examples.people import ANN, SAM

pytestmark = pytest.mark.django_db

WHY = {"reason": "Asked for by the customer", "idempotency_key": "k-1"}


@pytest.fixture
def sam(ann):
    return browser(SAM)


def done(client, path: str, **fields: str) -> str:
    """Send a form that succeeds; what the page says to which it leads."""
    answer = client.post(path, WHY | fields)
    assert (answer.status_code, answer["Location"]) == (303, "/accounts/ann")
    return text(client, answer["Location"])


# --- the overdraft limit ---------------------------------------------------------------------


def test_a_limit_is_written_in_decimals_and_shown_as_it_is(sam):
    said = done(sam, "/accounts/ann/overdraft-limit", overdraft_limit="25.50")
    assert "The overdraft limit is 25.50 EUR now." in said
    assert "Available 35.50 EUR" in said
    page = sam.get("/accounts/ann/overdraft-limit")
    assert value_of(page, "overdraft_limit") == "25.50"


def test_a_limit_may_be_none_at_all(sam):
    said = done(sam, "/accounts/ann/overdraft-limit", overdraft_limit="25", unlimited="yes")
    assert "without a limit now" in said
    assert 'value="yes" checked' in sam.get("/accounts/ann/overdraft-limit").content.decode()


def test_the_limit_that_it_is_changes_nothing(sam):
    before = latest_position()
    said = done(sam, "/accounts/ann/overdraft-limit", overdraft_limit="0")
    assert "Nothing was changed" in said
    assert latest_position() == before


# --- frozen ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "chip", "sentence"),
    [
        ("all", "frozen", "so nothing goes out and nothing comes in"),
        ("debits", "frozen: debits", "debits are refused, so nothing goes out"),
        ("credits", "frozen: credits", "credits are refused, so nothing comes in"),
    ],
)
def test_a_frozen_account_says_so_at_the_top_and_in_lists(ann, sam, scope, chip, sentence):
    done(sam, "/accounts/ann/freeze", scope=scope)
    said = text(ann, "/accounts/ann")
    assert said.index(chip) < said.index(sentence) < said.index("Available")
    assert chip in text(sam, "/accounts/")
    assert chip in text(ann, "/")


def test_what_is_frozen_is_said_where_it_is_in_the_way(ann, sam):
    done(sam, "/accounts/ann/freeze", scope="debits")
    answer = ann.post("/transfers/new", paying())
    assert answer.status_code == 422
    assert "The account is frozen in this direction" in answer.content.decode()


def test_another_scope_replaces_what_is_frozen_and_the_same_is_refused_at_its_field(sam):
    done(sam, "/accounts/ann/freeze", scope="debits")
    done(sam, "/accounts/ann/freeze", scope="credits", idempotency_key="k-2")
    answer = sam.post("/accounts/ann/freeze", WHY | {"scope": "credits", "idempotency_key": "k-3"})
    assert answer.status_code == 422
    assert said_at(answer, "scope").startswith("The account is frozen in just this scope already")


def test_an_account_is_unfrozen(ann, sam):
    done(sam, "/accounts/ann/freeze", scope="all")
    done(sam, "/accounts/ann/unfreeze", idempotency_key="k-2")
    assert "frozen:" not in text(ann, "/accounts/ann")
    assert ann.post("/transfers/new", paying()).status_code == 303


# --- closed ----------------------------------------------------------------------------------


def test_an_account_with_something_left_is_not_closed(sam):
    ask(PlaceHold(account="ann", amount=250))
    answer = sam.post("/accounts/ann/close", WHY)
    assert answer.status_code == 422
    assert "Posted 10.00 EUR Held 2.50 EUR" in read(answer.content.decode())


def test_an_empty_account_is_closed_says_so_and_is_reopened(sam):
    assert sam.post("/accounts/bob/close", WHY)["Location"] == "/accounts/bob"
    said = text(sam, "/accounts/bob")
    assert "This account is closed: nothing can be posted to it" in said
    assert "Place hold" not in said
    assert sam.post("/accounts/bob/reopen", WHY | {"idempotency_key": "k-2"}).status_code == 303
    assert Balance.objects.get(account="bob").status == "open"


def test_a_frozen_account_is_frozen_still_when_it_is_reopened(sam):
    ask(FreezeAccount(account="bob", scope="all", reason="Lost"))
    ask(CloseAccount(account="bob", reason="Left"))
    assert "still frozen" in text(sam, "/accounts/bob/reopen")
    assert "It was frozen before" in text(sam, "/accounts/bob")


# --- all of them -----------------------------------------------------------------------------

FORMS = ["overdraft-limit", "freeze", "unfreeze", "close", "reopen"]


@pytest.mark.parametrize("form", FORMS)
def test_each_needs_a_reason_and_keeps_it(sam, form):
    fields = {"overdraft_limit": "1", "scope": "all"}
    answer = sam.post(f"/accounts/ann/{form}", WHY | fields | {"reason": ""})
    assert answer.status_code == 400
    assert said_at(answer, "reason") == "This field is required."


def test_the_reason_is_kept_with_what_happened(sam):
    done(sam, "/accounts/ann/freeze", scope="all")
    assert read_stream("account-ann")[-1].data == {"scope": "all", "reason": WHY["reason"]}


def test_its_owner_sees_none_of_these_links_and_staff_those_that_lead_somewhere(ann, sam):
    assert "For staff" not in text(ann, "/accounts/ann")
    rich("cy", 0, owner=ANN)
    ask(CloseAccount(account="cy", reason="Left"))
    offered = [form for form in FORMS if f"/accounts/cy/{form}" in html(sam, "/accounts/cy")]
    assert offered == ["reopen"]
    offered = [form for form in FORMS if f"/accounts/ann/{form}" in html(sam, "/accounts/ann")]
    assert offered == ["overdraft-limit", "freeze", "close"]


def html(client, path: str) -> str:
    return client.get(path).content.decode()
