"""Pages of alerts, sweeps and standing orders: set, placed, cancelled, and read by who may."""

import re

import pytest

from commands.engine.models import Request
from commands.engine.sweep import sweep
from commands.ledger.instruction_messages import PlaceStandingOrder
from commands.ledger.messages import CloseAccount
from projections.ledger import order_views
from projections.ledger.instruction_models import Setting, StandingOrder
from tests.examples.asking import ask, rich
from tests.examples.clock import standing
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser, key_in, ordering, rows, said_at, text, value_of
from tests.examples.people import ANN, BOB, EVE, SAM, VIC
from tests.specs import on, uuid

pytestmark = pytest.mark.django_db

ORDER = uuid(3)


@pytest.fixture
def ann(january):
    return january


def placing(**changed):
    return ordering("k-1") | changed


def place(order=ORDER, **about):
    usual = {"payer": "ann", "payee": "bob", "amount": 250, "every": "month",
             "first_on": on("2100-01-31")}  # fmt: skip
    assert ask(PlaceStandingOrder(**{**usual, "order": order, **about}), by=ANN).succeeded


# --- alerts and sweeps -----------------------------------------------------------------------


def test_an_owner_sets_an_alert_in_the_decimals_of_the_account(ann):
    form = ann.get("/accounts/ann/alert")
    assert value_of(form, "low") == ""
    sent = {"low": "12.5", "idempotency_key": key_in(form)}
    assert ann.post("/accounts/ann/alert", sent)["Location"] == "/accounts/ann"
    assert Setting.objects.get(account="ann").low == 1_250
    assert "You are told when less than 12.50 EUR is available" in text(ann, "/accounts/ann")
    assert value_of(ann.get("/accounts/ann/alert"), "low") == "12.50"


def test_an_alert_that_others_set_says_that_the_owner_is_told(ann):
    sam = browser(SAM)
    assert "The owner is told whenever" in text(sam, "/accounts/ann/alert")
    sam.post("/accounts/ann/alert", {"low": "12.5"})
    assert "The owner is told when less than 12.50 EUR is available" in text(sam, "/accounts/ann")


def test_the_account_says_what_it_is_set_to_do_to_whoever_sees_it(ann):
    ann.post("/accounts/ann/alert", {"low": "1"})
    ann.post("/accounts/ann/sweep", {"above": "2.5", "to": "bob"})
    for reader in (ann, browser(VIC)):
        told = text(reader, "/accounts/ann")
        assert "An alert tells when less than 1.00 EUR is available." in told
        assert "A sweep moves what is above 2.50 EUR to bob." in told
    assert "An alert tells" not in text(ann, "/accounts/ann?as_of=2026-01-10")


def test_an_empty_form_switches_them_off(ann):
    ann.post("/accounts/ann/alert", {"low": "1"})
    ann.post("/accounts/ann/sweep", {"above": "1", "to": "bob"})
    assert ann.post("/accounts/ann/alert", {"low": ""}).status_code == 303
    assert ann.post("/accounts/ann/sweep", {"above": "", "to": ""}).status_code == 303
    found = Setting.objects.get(account="ann")
    assert (found.low, found.above, found.target) == (None, None, None)


def test_a_sweep_is_set_and_shown_as_it_stands(ann):
    assert ann.post("/accounts/ann/sweep", {"above": "3", "to": "bob"}).status_code == 303
    assert "beyond 3.00 EUR goes to bob" in text(ann, "/accounts/ann")
    form = ann.get("/accounts/ann/sweep")
    assert (value_of(form, "above"), value_of(form, "to")) == ("3.00", "bob")


def test_what_is_wrong_is_said_at_its_field_and_what_was_written_stays(ann):
    refused = ann.post("/accounts/ann/sweep", {"above": "3", "to": "nobody"})
    assert refused.status_code == 422
    assert said_at(refused, "to").startswith("This payee cannot be paid")
    assert value_of(refused, "above") == "3"
    unread = ann.post("/accounts/ann/sweep", {"above": "three", "to": ""})
    assert unread.status_code == 400
    assert said_at(unread, "above")
    assert said_at(unread, "to")
    assert said_at(ann.post("/accounts/ann/alert", {"low": "-1"}), "low")


def test_a_payee_is_searched_for_and_picked(ann):
    sam = browser(SAM)
    found = sam.post("/accounts/ann/sweep", {"above": "3", "to": "b", "search": "to"})
    assert "to=bob" in found.content.decode()
    picked = sam.post("/accounts/ann/sweep", {"above": "3", "to": "b", "pick": "to=bob"})
    assert value_of(picked, "to") == "bob"


def test_an_account_leads_to_what_may_be_set_by_who_may(ann):
    links = ["/accounts/ann/alert", "/accounts/ann/sweep", "/standing-orders/?account=ann"]
    for person, may in ((ANN, links), (SAM, links), (VIC, links[2:])):
        page = browser(person).get("/accounts/ann").content.decode()
        assert [link for link in links if f'"{link}"' in page] == may
    ask(open_account("cash", normal_balance="debit"))
    assert '"/accounts/cash/sweep"' not in browser(SAM).get("/accounts/cash").content.decode()


# --- standing orders -------------------------------------------------------------------------


def test_an_order_is_placed_and_its_page_shows_it(ann):
    form = ann.get("/standing-orders/new?from=ann")
    assert value_of(form, "from") == "ann"
    done = ann.post("/standing-orders/new", placing(idempotency_key=key_in(form)))
    assert done.status_code == 303
    shown = text(ann, done["Location"])
    for words in ("2.50 EUR every month", "Rent", "First on 2100-01-31", "Next on 2100-01-31"):
        assert words in shown
    assert "It begins on 2100-01-31" in shown


def test_a_double_click_places_one(ann):
    first, again = (ann.post("/standing-orders/new", placing()) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert StandingOrder.objects.count() == 1


def test_what_is_wrong_with_an_order_is_said_at_its_field(ann):
    refused = ann.post("/standing-orders/new", placing(first_on="2020-01-31"))
    assert refused.status_code == 422
    assert said_at(refused, "first_on").startswith("The date is earlier than it may be")
    assert value_of(refused, "description") == "Rent"
    assert key_in(refused) != "k-1"
    unread = ann.post("/standing-orders/new", placing(amount="1.234", first_on=""))
    assert unread.status_code == 400
    assert said_at(unread, "amount")
    assert said_at(unread, "first_on")
    same = ann.post("/standing-orders/new", placing(to="ann", idempotency_key="k-2"))
    assert said_at(same, "to")


def test_a_no_about_an_account_is_said_where_it_is_named(ann):
    ask(pay("bob", "world", 400))
    assert ask(CloseAccount(account="bob", reason="Left")).succeeded
    answer = browser(SAM).post("/standing-orders/new", ordering("closed-1"))
    assert answer.status_code == 422
    assert "The account is closed" in said_at(answer, "to")


def test_an_amount_has_the_decimals_of_the_payer_where_it_is_seen(ann):
    ask(open_account("yen", currency="JPY", owner=ANN.id))
    ask(open_account("yen:2", currency="JPY"))
    sam = browser(SAM)
    body = placing(**{"from": "yen", "to": "yen:2"})
    assert sam.post("/standing-orders/new", body).status_code == 400
    assert sam.post("/standing-orders/new", body | {"amount": "250"}).status_code == 303
    assert StandingOrder.objects.get().amount == 250


def test_orders_are_listed_for_those_who_see_their_payer(ann):
    place()
    assert rows(ann, "/standing-orders/")[1] == [
        "ann → bob", "", "month", "2100-01-31", "open", "2.50 EUR",
    ]  # fmt: skip
    assert len(rows(browser(VIC), "/standing-orders/?account=ann&status=open")) == 2
    assert "no such standing order" in text(browser(BOB), "/standing-orders/")
    assert "no such standing order" in text(ann, "/standing-orders/?status=ended")
    assert browser(EVE).get(f"/standing-orders/{ORDER}").status_code == 404


@pytest.mark.parametrize("query", ["account=A+B", "account=%00", "status=%C3%BC", "after=-1"])
def test_whatever_stands_in_a_filter_the_list_is_shown(ann, query):
    assert ann.get(f"/standing-orders/?{query}").status_code == 200


def test_orders_come_in_pages_newest_first(ann, monkeypatch):
    monkeypatch.setattr(order_views, "PAGE", 1)
    place()
    place(uuid(4), amount=300)
    first = ann.get("/standing-orders/?account=ann").content.decode()
    assert rows(ann, "/standing-orders/?account=ann")[1][-1] == "3.00 EUR"
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert rows(ann, f"/standing-orders/{following}")[1][-1] == "2.50 EUR"


def test_an_order_is_cancelled_with_a_reason(ann):
    place()
    page = ann.get(f"/standing-orders/{ORDER}").content.decode()
    assert f"/standing-orders/{ORDER}/cancel" in page
    form = ann.get(f"/standing-orders/{ORDER}/cancel")
    sent = {"reason": "Moved out", "idempotency_key": key_in(form)}
    assert ann.post(f"/standing-orders/{ORDER}/cancel", sent).status_code == 303
    shown = text(ann, f"/standing-orders/{ORDER}")
    assert "cancelled" in shown
    assert ": Moved out" in shown
    assert "/cancel" not in ann.get(f"/standing-orders/{ORDER}").content.decode()
    assert ann.get(f"/standing-orders/{ORDER}/cancel").status_code == 303


def test_an_order_shows_what_came_of_its_last_date(db):
    with standing() as clock:
        rich("ann", 250, owner=ANN)
        rich("bob", 0, owner=BOB)
        place(every="day", first_on=clock.now.date())
        sweep()
        ann = browser(ANN)
        shown = text(ann, f"/standing-orders/{ORDER}")
        assert "Came of 2026-11-23 a transfer Placed" in shown
        clock.advance(days=1)
        sweep()
        assert "nothing, it was skipped: insufficient-funds" in text(
            ann, f"/standing-orders/{ORDER}"
        )
        assert "open last date skipped" in rows(ann, "/standing-orders/")[1][4]
        asked = Request.objects.filter(command="run_standing_order").first()
        page = browser(SAM).get(f"/requests/{asked.id}").content.decode()
        assert f'"/standing-orders/{ORDER}"' in page


def test_a_request_for_one_leads_to_it(ann):
    done = ann.post("/standing-orders/new", placing())
    page = ann.get(f"/requests/{done['Daybook-Request']}").content.decode()
    assert done["Location"] in page
    assert "ann → bob, every month: Rent" in text(ann, "/requests/")
    set_ = ann.post("/accounts/ann/alert", {"low": "1"})
    assert "low 1.00 EUR" in text(ann, f"/requests/{set_['Daybook-Request']}")
