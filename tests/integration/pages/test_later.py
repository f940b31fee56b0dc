"""Doing it later: what a page says of what is accepted, and when nobody waited for a "no"."""

import re
from datetime import date

import pytest

from commands.engine.models import Notification, Request
from commands.ledger.instruction_messages import PlaceStandingOrder
from commands.ledger.messages import PlaceHold
from tests.examples.asking import ask
from tests.examples.entries import pages
from tests.examples.ledger import pay
from tests.examples.pages import browser, paying, posted, text
from tests.examples.people import BOB, CLEO, SAM
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_accepted_and_its_page_shows_what_comes_of_it(ann):
    answer = ann.post("/transfers/new", paying(later="1"))
    request = Request.objects.get(source="form")
    assert (answer.status_code, answer["Location"]) == (303, f"/requests/{request.id}")
    assert (request.road, posted("bob")) == ("queued", 0)
    page = text(ann, f"/requests/{request.id}")
    assert "Accepted. It will be done soon" in page
    assert "pending" in page
    work()
    assert posted("bob") == 250
    assert "succeeded" in text(ann, f"/requests/{request.id}")


def test_a_double_click_is_accepted_once_whichever_button_it_was(ann):
    first = ann.post("/transfers/new", paying(later="1"))
    for fields in (paying(later="1"), paying()):
        assert ann.post("/transfers/new", fields)["Location"] == first["Location"]
    assert Request.objects.filter(source="form").count() == 1


def test_what_cannot_be_read_is_said_at_once(ann):
    answer = ann.post("/transfers/new", paying(later="1", amount="much"))
    assert answer.status_code == 400
    assert not Request.objects.filter(status="accepted").exists()


@pytest.mark.parametrize("path", sorted(pages().values()))
def test_every_form_may_be_done_later(ann, path):
    hold = ask(PlaceHold(account="ann", amount=1)).body["hold"]["id"]
    paid = ask(pay("ann", "bob", 1)).body["transfer"]["id"]
    order = PlaceStandingOrder(
        payer="ann", payee="bob", amount=1, every="month", first_on=date(2100, 1, 1)
    )
    ask(order)
    client = browser(CLEO if path == "books/close" else SAM)
    known = {"holds": hold, "standing-orders": str(order.order)}
    id_ = next((id_ for name, id_ in known.items() if name in path), paid)
    at = path.replace("<code:code>", "ann").replace("<uuid:id>", id_)
    at += "?row=/accounts/ann/freeze" * (path == "corrections")
    assert 'name="later"' in client.get(f"/{at}").content.decode()


def test_a_late_refusal_is_told_on_every_page_until_it_is_seen(ann):
    ann.post("/transfers/new", paying(later="1", amount="99"))
    work()
    (request,) = Request.objects.filter(source="form")
    for path in ("/", "/accounts/", "/transfers/new"):
        assert "Post transfer was not done." in text(ann, path)
    assert "was not done" not in text(browser(BOB), "/")
    only = text(ann, "/requests/?unseen")
    assert "refused" in only
    assert text(ann, f"/requests/{request.id}").count("was not done") == 0
    assert "was not done" not in text(ann, "/")
    assert "Nothing new" in text(ann, "/requests/?unseen")


def test_it_is_dismissed_where_it_is_shown(ann):
    ann.post("/transfers/new", paying(later="1", amount="99"))
    work()
    action = re.search(r'action="(/notifications/[^"]+)"', ann.get("/").content.decode())[1]
    for back, place in (("/accounts/?x=1", "/accounts/?x=1"), ("//evil.example", "/requests/")):
        answer = ann.post(action, {"back": back})
        assert (answer.status_code, answer["Location"]) == (303, place)
    assert Notification.objects.get().seen_at is not None
    assert browser(BOB).post(action).status_code == 404
