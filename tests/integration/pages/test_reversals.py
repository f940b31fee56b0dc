"""Undoing a transfer by another one, on its page."""

import pytest

from eventstore.store import latest_position
from tests.examples.asking import ask
from tests.examples.ledger import pay
from tests.examples.pages import browser, posted, read, said_at, text
from tests.examples.people import FLO, SAM, VIC

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(ann):
    return browser(SAM)


@pytest.fixture
def paid(ann) -> str:
    """The page of a transfer of 4.00 EUR from Ann to Bob."""
    outcome = ask(pay("ann", "bob", 400, description="Rent", reference="r-1"))
    return f"/transfers/{outcome.body['transfer']['id']}"


def undoing(**changed: str) -> dict[str, str]:
    return {"reason": "Posted twice", "effective_on": "", "idempotency_key": "k-1"} | changed


def test_it_is_undone_by_another_and_each_leads_to_the_other(sam, ann, paid):
    answer = sam.post(f"{paid}/reverse", undoing())
    reversal = answer["Location"]
    assert (answer.status_code, reversal.startswith("/transfers/")) == (303, True)
    assert (posted("ann"), posted("bob")) == (1_000, 0)
    page = sam.get(reversal).content.decode()
    assert f'href="{paid}"' in page
    assert "Transfer reversed." in page
    assert "Posted twice" in page
    assert f'href="{reversal}"' in sam.get(paid).content.decode()
    said = text(ann, paid)
    assert "reversed" in said
    assert f"{paid}/reverse" not in said


def test_the_form_shows_what_it_will_post(sam, paid):
    said = text(sam, f"{paid}/reverse")
    assert "Credit ann: 4.00 EUR" in said
    assert "Debit bob: 4.00 EUR" in said


def test_only_who_may_is_offered_to_reverse_what_can_be(sam, ann, paid):
    link = f'href="{paid}/reverse"'
    assert link in sam.get(paid).content.decode()
    for client in (ann, browser(VIC)):
        assert link not in client.get(paid).content.decode()
    reversal = sam.post(f"{paid}/reverse", undoing())["Location"]
    assert f"{reversal}/reverse" not in sam.get(reversal).content.decode()


def test_a_second_time_is_refused_with_the_first(sam, paid):
    reversal = sam.post(f"{paid}/reverse", undoing())["Location"]
    answer = sam.post(f"{paid}/reverse", undoing(idempotency_key="k-2"))
    assert answer.status_code == 422
    said = read(answer.content.decode())
    assert "The transfer was reversed before" in said
    assert f"Reversed by {reversal.rpartition('/')[2]}" in said


def test_a_check_shows_what_would_be_left_and_changes_nothing(sam, paid):
    before = latest_position()
    answer = sam.post(f"{paid}/reverse", undoing(check="1"))
    assert "After this: 0.00 EUR available on bob." in read(answer.content.decode())
    assert latest_position() == before


def test_where_it_was_spent_meanwhile_it_is_refused_but_by_who_may_force_it(sam, paid):
    ask(pay("bob", "world", 100))
    answer = sam.post(f"{paid}/reverse", undoing())
    assert answer.status_code == 422
    assert "Available 3.00 EUR Requested 4.00 EUR" in read(answer.content.decode())
    flo = browser(FLO)
    assert 'name="force"' in flo.get(f"{paid}/reverse").content.decode()
    assert 'name="force"' not in sam.get(f"{paid}/reverse").content.decode()
    answer = sam.post(f"{paid}/reverse", undoing(force="yes", idempotency_key="k-2"))
    assert answer.status_code == 403
    assert said_at(answer, "force").startswith("You may not do this")
    assert flo.post(f"{paid}/reverse", undoing(force="yes")).status_code == 303
    assert posted("bob") == -100


@pytest.mark.parametrize(
    ("changed", "status", "place"),
    [
        ({"reason": ""}, 400, "reason"),
        ({"effective_on": "soon"}, 400, "effective_on"),
        ({"effective_on": "2999-01-01"}, 422, "effective_on"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(sam, paid, changed, status, place):
    answer = sam.post(f"{paid}/reverse", undoing(**changed))
    assert answer.status_code == status
    assert said_at(answer, place)


def test_a_transfer_that_is_not_there_is_not_found(sam):
    assert sam.get("/transfers/00000000-0000-0000-0000-000000000000/reverse").status_code == 404
