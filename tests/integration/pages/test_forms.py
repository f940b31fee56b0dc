"""Forms: every POST shows one of the named outcomes, keeps the input, and is done once."""

import re
from html import unescape

import pytest
from django.test import Client

from commands.engine import views
from commands.engine.errors import Busy
from commands.engine.models import Request
from eventstore.store import latest_position, read_stream
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, BOB, EVE, SAM, VIC

pytestmark = pytest.mark.django_db


def browser(person) -> Client:
    client = Client()
    client.force_login(user(person))
    return client


def key_in(response) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', response.content.decode())[1]


def said_at(response, name: str) -> str:
    """What stands at a field, as text."""
    id_ = f"field-{name.replace('/', '-')}-wrong"
    found = re.search(rf'id="{id_}">(.*?)</div>', response.content.decode(), re.DOTALL)
    return read(found[1]) if found else ""


def read(html: str) -> str:
    """What people read of it."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split()))


def value_of(response, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def paying(**changed: str) -> dict[str, str]:
    return {"from": "ann", "to": "bob", "amount": "2.50", "description": "Tea", "reference": "",
            "effective_on": "", "idempotency_key": "k-1"} | changed  # fmt: skip


@pytest.fixture
def ann():
    rich("ann", 1_000, owner=ANN)
    rich("bob", 0, owner=BOB)
    return browser(ANN)


def posted(code: str) -> int:
    return Balance.objects.get(account=code).posted


# --- succeeded -------------------------------------------------------------------------------


def test_a_success_leads_to_what_it_made_and_says_so_once(ann):
    answer = ann.post("/transfers/new", paying())
    assert answer.status_code == 303
    assert re.fullmatch(r"/transfers/[0-9a-f-]{36}", answer["Location"])
    page = ann.get(answer["Location"]).content.decode()
    assert "Transfer posted: 2.50 EUR from ann to bob." in page
    assert "Transfer posted" not in ann.get(answer["Location"]).content.decode()
    assert (posted("ann"), posted("bob")) == (750, 250)


def test_a_form_is_a_request_of_its_own_source_with_the_id_of_its_answer(ann):
    answer = ann.post("/transfers/new", paying())
    row = Request.objects.get(id=answer["Daybook-Request"])
    assert (row.source, row.status, row.payload["amount"]) == ("form", "succeeded", "250")


def test_sent_twice_it_is_done_once_and_leads_to_the_same_place(ann):
    first, second = (ann.post("/transfers/new", paying()) for _ in range(2))
    assert second["Location"] == first["Location"]
    assert "done before, and only once" in ann.get(second["Location"]).content.decode()
    assert posted("ann") == 750


def test_each_form_that_is_opened_has_a_key_of_its_own(ann):
    assert key_in(ann.get("/transfers/new")) != key_in(ann.get("/transfers/new"))


# --- refused ---------------------------------------------------------------------------------


def test_a_refusal_stands_at_its_field_with_its_facts_and_keeps_the_input_under_a_new_key(ann):
    answer = ann.post("/transfers/new", paying(amount="10.01"))
    assert answer.status_code == 422
    assert said_at(answer, "amount") == (
        "The account does not have this much available. "
        "Account ann Available 10.00 EUR Requested 10.01 EUR"
    )
    assert value_of(answer, "amount") == "10.01"
    assert value_of(answer, "description") == "Tea"
    assert key_in(answer) != "k-1"
    assert posted("ann") == 1_000


@pytest.mark.parametrize(
    ("changed", "status", "place", "sentence"),
    [
        ({"from": "nobody"}, 404, "from", "There is no such account, or you may not see it."),
        (
            {"from": "bob", "to": "ann"},
            404,
            "from",
            "There is no such account, or you may not see it.",
        ),
        ({"to": "nobody"}, 422, "to", "This payee cannot be paid; check the code with whoever"),
        ({"to": "ann"}, 422, "to", "A transfer needs two different accounts."),
        ({"effective_on": "2999-01-01"}, 422, "effective_on", "The business date lies in the"),
        ({"to": "", "from": ""}, 400, "from", "This field is required."),
        ({"to": "Bob!"}, 400, "to", "A code has at most 200 of"),
        ({"amount": "1,50"}, 400, "amount", "'1,50' is not an amount"),
        ({"amount": "1.505"}, 400, "amount", "'1.505' has more than 2 decimals."),
        ({"amount": "0.00"}, 400, "amount", "An amount is more than zero."),
        ({"amount": "1" * 37}, 400, "amount", "An amount has at most 38 digits."),
        ({"amount": "١"}, 400, "amount", "'١' is not an amount"),
        ({"effective_on": "yesterday"}, 400, "effective_on", "This must be a date like"),
        ({"description": "a\u202eb"}, 400, "description", "Control characters and direction"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(ann, changed, status, place, sentence):
    before = latest_position()
    answer = ann.post("/transfers/new", paying(**changed))
    assert answer.status_code == status
    assert said_at(answer, place).startswith(sentence)
    assert key_in(answer) != "k-1"
    assert latest_position() == before


def test_everything_that_is_wrong_is_said_at_once(ann):
    answer = ann.post("/transfers/new", paying(to="", amount="x", effective_on="x"))
    assert all(said_at(answer, name) for name in ("to", "amount", "effective_on"))
    assert 'role="alert" tabindex="-1" autofocus' in answer.content.decode()


def test_who_may_not_debit_an_account_is_told_so(ann):
    answer = browser(VIC).post("/transfers/new", paying())
    assert answer.status_code == 403
    assert said_at(answer, "from").startswith("You may not do this")


def test_a_key_of_another_request_is_shown_as_such_and_replaced(ann):
    ann.post("/transfers/new", paying())
    answer = ann.post("/transfers/new", paying(amount="3.00"))
    assert answer.status_code == 422
    assert "This idempotency key belongs to another request" in answer.content.decode()
    again = ann.post("/transfers/new", paying(amount="3.00", idempotency_key=key_in(answer)))
    assert again.status_code == 303
    assert posted("ann") == 450


# --- not now ---------------------------------------------------------------------------------


def test_a_busy_ledger_has_done_nothing_and_the_key_stays_for_the_next_time(ann, monkeypatch):
    def busy(asked):
        raise Busy

    monkeypatch.setattr(views, "dispatch", busy)
    answer = ann.post("/transfers/new", paying())
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert key_in(answer) == "k-1"
    assert "Send it again: it will be done once." in answer.content.decode()
    monkeypatch.undo()
    assert ann.post("/transfers/new", paying()).status_code == 303


def test_a_second_click_waits_for_the_outcome_of_the_first(ann, monkeypatch):
    """The first click's request is being decided when the second one asks."""
    decide, asked = views.dispatch, []

    def dispatch(submission):
        asked.append(submission)
        outcome = decide(submission)
        if len(asked) < 3:
            outcome.status, outcome.http_status = "refused", 409
        return outcome

    monkeypatch.setattr(views, "dispatch", dispatch)
    monkeypatch.setattr(views, "PAUSES", (0, 0, 0))
    assert ann.post("/transfers/new", paying()).status_code == 303
    assert len(asked) == 3


# --- a check ---------------------------------------------------------------------------------


def test_a_check_shows_what_will_be_left_and_changes_nothing(ann):
    before = latest_position(), Request.objects.count()
    answer = ann.post("/transfers/new", paying(check="1"))
    assert answer.status_code == 200
    page = read(answer.content.decode())
    assert "After this: 7.50 EUR available on ann." in page
    assert "available on bob" not in page, "Ann may not see what Bob has"
    assert (latest_position(), Request.objects.count()) == before
    assert key_in(answer) == "k-1"


def test_a_check_shows_a_refusal_as_well(ann):
    answer = ann.post("/transfers/new", paying(check="1", amount="11"))
    assert answer.status_code == 200
    assert "Available 10.00 EUR" in said_at(answer, "amount")


def test_a_check_of_half_a_form_says_what_is_missing(ann):
    answer = ann.post("/transfers/new", paying(check="1", to=""))
    assert answer.status_code == 200
    assert said_at(answer, "to") == "This field is required."


# --- several legs ----------------------------------------------------------------------------


def in_legs(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    texts = {"idempotency_key": "k-1"}
    for number, row in enumerate(rows):
        names = (f"legs/{number}/{name}" for name in ("account", "direction", "amount"))
        texts |= dict(zip(names, row, strict=True))
    return texts | more


def test_legs_are_posted_and_a_row_with_nothing_in_it_is_left_out(ann):
    sam = browser(SAM)
    rows = [("ann", "debit", "3"), ("", "credit", ""), ("bob", "credit", "2.50"),
            ("world", "credit", "0.50")]  # fmt: skip
    assert sam.post("/transfers/new", in_legs(*rows)).status_code == 303
    assert (posted("ann"), posted("bob")) == (700, 250)


def test_what_is_wrong_with_a_leg_stands_at_it(ann):
    rows = [("", "debit", ""), ("ann", "debit", "3"), ("nobody", "credit", "3.001")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows))
    assert said_at(answer, "legs/1/amount") == "'3.001' has more than 2 decimals."
    rows = [("ann", "debit", "30"), ("bob", "credit", "30")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows))
    assert "Available 10.00 EUR" in said_at(answer, "legs/0/amount")
    rows = [("ann", "debit", "3"), ("bob", "credit", "2")]
    answer = browser(SAM).post("/transfers/new", in_legs(*rows, idempotency_key="k-2"))
    assert answer.status_code == 422
    assert "Difference −1.00 EUR" in read(answer.content.decode())


def test_a_leg_is_added_and_from_to_amount_become_legs(ann):
    page = ann.post("/transfers/new", paying(split="1"))
    assert value_of(page, "legs/0/account") == "ann"
    assert value_of(page, "legs/1/amount") == "2.50"
    rows = [("ann", "debit", "3"), ("bob", "credit", "3")]
    page = ann.post("/transfers/new", in_legs(*rows, add="1", description="Tea"))
    assert value_of(page, "legs/2/account") == ""
    assert value_of(page, "description") == "Tea"
    assert key_in(page) == "k-1"
    assert 'name="legs/2/account"' in ann.get("/transfers/new?legs=3").content.decode()


def test_amounts_are_decimals_of_each_accounts_own_currency(ann):
    ask(open_account("yen", currency="JPY", owner=ANN.id))
    answer = ann.post("/transfers/new", paying(**{"from": "yen", "amount": "1.5"}))
    assert said_at(answer, "amount") == "'1.5' has more than 0 decimals."


# --- choosing an account ---------------------------------------------------------------------


def test_accounts_are_offered_to_choose_from_but_none_that_are_not_to_be_seen(ann):
    page = ann.get("/transfers/new").content.decode()
    assert '<option value="ann">Ann · EUR</option>' in page
    assert 'value="bob"' not in page
    found = browser(SAM).get("/search/accounts?from=b").content.decode()
    assert re.findall('value="([^"]+)"', found) == ["bob"]


def test_a_search_finds_by_the_beginning_and_a_pick_fills_the_field():
    rich("ann", 0, owner=ANN)
    sam = browser(SAM)
    page = sam.post("/transfers/new", paying(**{"from": "an", "search": "from"}))
    assert 'name="pick" value="from=ann"' in page.content.decode()
    page = sam.post("/transfers/new", paying(**{"from": "an", "pick": "from=ann"}))
    assert value_of(page, "from") == "ann"
    page = sam.post("/transfers/new", paying(**{"from": "zz", "search": "from"}))
    assert "No account that you may see begins with" in page.content.decode()


# --- accounts --------------------------------------------------------------------------------


def opening(**changed: str) -> dict[str, str]:
    return {"code": "eve", "name": "Eve", "currency": "EUR", "idempotency_key": "k-1"} | changed


def test_staff_open_an_account_for_somebody():
    owner, sam = user(EVE), browser(SAM)
    body = opening(overdraft_limit="25.00", normal_balance="credit", owner="eve")
    assert sam.post("/accounts/new", body)["Location"] == "/accounts/eve"
    found = Balance.objects.get(account="eve")
    assert (found.overdraft_limit, found.owner) == (2_500, owner.id)
    sam.post("/accounts/new", opening(code="out", unlimited="yes", idempotency_key="k-2"))
    assert Balance.objects.get(account="out").overdraft_limit is None


def test_an_owner_or_a_limit_that_cannot_be_read_is_said_at_its_field():
    answer = browser(SAM).post("/accounts/new", opening(owner="nobody", overdraft_limit="-1"))
    assert answer.status_code == 400
    assert said_at(answer, "owner") == "There is no user with this name."
    assert said_at(answer, "overdraft_limit").startswith("'-1' is negative")


def test_an_account_that_exists_is_refused_at_its_code():
    rich("eve", 0)
    answer = browser(SAM).post("/accounts/new", opening())
    assert answer.status_code == 422
    assert said_at(answer, "code").startswith("An account with this code exists already")


def test_where_people_may_they_open_a_plain_account_of_their_own(settings):
    settings.DAYBOOK_SELF_SERVICE = True
    eve = browser(EVE)
    assert "For staff" not in eve.get("/accounts/new").content.decode()
    body = opening(overdraft_limit="1000000", owner="sam", unlimited="yes")
    assert eve.post("/accounts/new", body).status_code == 303
    found = Balance.objects.get(account="eve")
    assert (found.owner, found.overdraft_limit) == (EVE.id, 0)


def editing(client: Client, **changed: str) -> dict[str, str]:
    page = client.get("/accounts/ann/edit")
    texts = {name: value_of(page, name) for name in ("version", "name")}
    return texts | {"idempotency_key": key_in(page), "metadata": ""} | changed


def test_details_are_changed_and_only_what_changed_is_an_event(ann):
    body = editing(ann, metadata="colour: blue\r\na\\: b: c\\nd")
    assert ann.post("/accounts/ann/edit", body)["Location"] == "/accounts/ann"
    assert Balance.objects.get(account="ann").metadata == {"colour": "blue", "a: b": "c\nd"}
    assert read_stream("account-ann")[-1].data == {"metadata": {"colour": "blue", "a: b": "c\nd"}}
    page = ann.get("/accounts/ann/edit").content.decode()
    assert "colour: blue\na\\: b: c\\nd</textarea>" in page


def test_what_changed_meanwhile_is_shown_before_it_can_be_overwritten(ann):
    body = editing(ann, name="Anna")
    ask(pay("ann", "bob", 1))
    answer = ann.post("/accounts/ann/edit", body)
    assert answer.status_code == 412
    assert "Changed meanwhile" in answer.content.decode()
    assert value_of(answer, "name") == "Anna"
    body |= {"version": value_of(answer, "version"), "idempotency_key": key_in(answer)}
    assert ann.post("/accounts/ann/edit", body).status_code == 303
    assert Balance.objects.get(account="ann").name == "Anna"


def test_a_mistake_in_the_form_does_not_overwrite_what_changed_meanwhile(ann):
    body = editing(ann, name="")
    ask(pay("ann", "bob", 1))
    answer = ann.post("/accounts/ann/edit", body)
    assert answer.status_code == 400
    assert value_of(answer, "version") == body["version"]


def test_an_owner_cannot_give_an_account_away_by_a_form_of_their_own(ann):
    ann.post("/accounts/ann/edit", editing(ann, owner="bob"))
    assert Balance.objects.get(account="ann").owner == ANN.id


def test_staff_change_the_owner_by_name(ann):
    user(BOB)
    sam = browser(SAM)
    assert sam.post("/accounts/ann/edit", editing(sam, owner="bob")).status_code == 303
    assert Balance.objects.get(account="ann").owner == BOB.id
    assert sam.post("/accounts/ann/edit", editing(sam, owner="")).status_code == 303
    assert Balance.objects.get(account="ann").owner is None


def test_a_form_needs_the_secret_of_its_page(ann):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user(ANN))
    assert strict.post("/transfers/new", paying()).status_code == 403
    assert posted("ann") == 1_000
