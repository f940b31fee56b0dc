"""One correction of several rows: a command for each, with an outcome for each."""

import re

import pytest

from commands.engine.models import Request
from commands.ledger.messages import PlaceHold
from projections.ledger.models import Balance, Hold, Transfer
from tests.examples.asking import ask, rich
from tests.examples.ledger import pay
from tests.examples.pages import browser, key_in, read
from tests.examples.people import ANN, FLO, SAM, VIC
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db

FREEZE_BOTH = "/corrections?row=/accounts/ann/freeze&row=/accounts/bob/freeze"


@pytest.fixture(autouse=True)
def accounts():
    rich("ann", 500, owner=ANN)
    rich("bob", 0)


def sent(client, address, key="", **fields):
    """Fill in the form at an address, with all that is hidden in it, and send it."""
    page = client.get(address)
    assert page.status_code == 200, page.content
    hidden = re.findall(r'type="hidden" name="(row/\d+)" value="([^"]+)"', page.content.decode())
    body = {**dict(hidden), **fields, "idempotency_key": key or key_in(page)}
    return client.post("/corrections", body)


def frozen() -> dict[str, str]:
    return dict(Balance.objects.exclude(frozen_scope=None).values_list("account", "frozen_scope"))


# --- several at once -------------------------------------------------------------------------


def test_each_row_is_a_command_of_who_asked_with_a_key_of_its_own():
    answer = sent(browser(SAM), FREEZE_BOTH, scope="debits", reason="Audit")
    assert answer.status_code == 303
    assert frozen() == {"ann": "debits", "bob": "debits"}
    group = Request.objects.get(command="bulk")
    assert answer["Location"] == f"/requests/{group.id}"
    items = Request.objects.filter(parent=group.id, command="freeze_account").order_by("key")
    assert [each.key for each in items] == [f"{group.key}:0", f"{group.key}:1"]
    assert {each.principal for each in items} == {SAM.id}
    assert {each.payload["reason"] for each in items} == {"Audit"}


def test_what_is_refused_for_one_is_done_for_the_others_and_says_why():
    sam = browser(SAM)
    sent(sam, "/corrections?row=/accounts/ann/freeze", scope="all", reason="Lost card")
    answer = sent(sam, FREEZE_BOTH, scope="all", reason="Audit")
    assert frozen() == {"ann": "all", "bob": "all"}
    said = read(sam.get(answer["Location"]).content.decode())
    assert "Done: 1. Refused: 1, for the reasons below." in said
    assert "frozen in just this scope already" in said


def test_asked_twice_it_is_done_once():
    sam = browser(SAM)
    for _ in range(2):
        sent(sam, FREEZE_BOTH, key="k-1", scope="all", reason="Audit")
    assert Request.objects.filter(command="freeze_account").count() == 2


def test_done_later_it_is_done_by_the_worker():
    sent(browser(SAM), FREEZE_BOTH, scope="all", reason="Audit", later="1")
    assert frozen() == {}
    work()
    assert frozen() == {"ann": "all", "bob": "all"}


def test_without_a_reason_it_is_said_once_at_the_field_and_nothing_is_done():
    answer = sent(browser(SAM), FREEZE_BOTH, scope="all", reason="")
    assert answer.status_code == 400
    html = answer.content.decode()
    assert re.search(r'<div class="wrong" id="field-reason-wrong"><p>[^<]+</p></div>', html)
    assert html.count('name="row/') == 2
    assert frozen() == {}


def test_transfers_are_reversed_and_forced_where_less_is_available():
    paid = [ask(pay("ann", "bob", 100)).body["transfer"]["id"] for _ in range(2)]
    ask(pay("bob", "world", 150))
    rows = "&".join(f"row=/transfers/{id_}/reverse" for id_ in paid)
    sent(browser(SAM), f"/corrections?{rows}", reason="Mistake")
    assert Transfer.objects.filter(reverses__isnull=False).count() == 0
    page = browser(FLO).get(f"/corrections?{rows}&force=yes").content.decode()
    assert re.search(r'name="force" value="yes" checked', page)
    sent(browser(FLO), f"/corrections?{rows}&force=yes", reason="Mistake", force="yes")
    assert set(Transfer.objects.filter(reverses__isnull=False).values_list("reverses", flat=True))
    assert Balance.objects.get(account="bob").posted == -150


def test_holds_are_released():
    held = [ask(PlaceHold(account="ann", amount=10)).body["hold"]["id"] for _ in range(2)]
    rows = "&".join(f"row=/accounts/ann/holds/{id_}/release" for id_ in held)
    sent(browser(SAM), f"/corrections?{rows}", reason="Expired offer")
    assert set(Hold.objects.values_list("status", flat=True)) == {"released"}


# --- who may, and what is no correction ------------------------------------------------------


@pytest.mark.parametrize(("person", "status"), [(VIC, 403), (ANN, 403)])
def test_who_may_not_correct_one_may_not_correct_any(person, status):
    row = "/corrections?row=/accounts/ann/freeze"
    assert browser(person).get(row).status_code == status
    body = {"row/0": "/accounts/ann/freeze", "scope": "all", "reason": "x"}
    assert browser(person).post("/corrections", body).status_code == status
    assert frozen() == {}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "row=/accounts/nobody/freeze",
        "row=/nowhere",
        "row=",
        "row=/accounts/new",
        "row=/accounts/ann/holds/new",
        "row=https://elsewhere.example/accounts/ann/freeze",
        "row=/accounts/ann/freeze&row=/accounts/bob/unfreeze",
        "&".join(["row=/accounts/ann/freeze"] * 101),
    ],
    ids=lambda query: query[:40],
)
def test_what_is_no_correction_of_several_is_no_page(query):
    assert browser(SAM).get(f"/corrections?{query}").status_code == 404
