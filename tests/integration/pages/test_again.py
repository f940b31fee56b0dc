"""Asking for the same again: what a request of one's own asked, once more, as a new request."""

import re

import pytest

from commands.engine.models import Request
from commands.ledger.messages import FreezeAccount
from tests.examples.asking import ask
from tests.examples.http import Api
from tests.examples.pages import browser, holding, key_in, paying, posted, read, text
from tests.examples.people import ANN, BOB, SAM
from tests.examples.queueing import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid(ann):
    """Ann has paid Bob 2.50; the address at which she asks for that again."""
    return f"/requests/{ann.post('/transfers/new', paying())['Daybook-Request']}/again"


def send(client, path, **pressed):
    page = client.get(path)
    assert page.status_code == 200
    return client.post(path, {"idempotency_key": key_in(page)} | pressed)


def test_what_was_done_is_done_once_more(ann, paid):
    assert "This was done. Sent again, it is done once more" in text(ann, paid)
    answer = send(ann, paid)
    assert (answer.status_code, posted("bob")) == (303, 500)
    assert "It was asked for again, and done." in text(ann, answer["Location"])
    first, second = Request.objects.filter(source="form").order_by("id")
    assert (first.payload, first.key != second.key) == (second.payload, True)


def test_a_double_click_does_it_once(ann, paid):
    body = {"idempotency_key": key_in(ann.get(paid))}
    assert ann.post(paid, body)["Location"] == ann.post(paid, body)["Location"]
    assert posted("bob") == 500


def test_a_check_changes_nothing(ann, paid):
    assert "It would be done now." in read(send(ann, paid, check="1").content.decode())
    assert posted("bob") == 250


def test_what_was_refused_is_decided_on_what_is_there_now(ann):
    refused = ann.post("/transfers/new", paying(amount="99"))["Daybook-Request"]
    path = f"/requests/{refused}/again"
    assert "Ask again" in text(ann, f"/requests/{refused}")
    again = send(ann, path)
    assert again.status_code == 422
    assert "Available 10.00 EUR Requested 99.00 EUR" in read(again.content.decode())
    assert ask(FreezeAccount(account="ann", scope="all", reason="Lost"), by=SAM).succeeded
    assert "frozen" in read(send(ann, path, check="1").content.decode())


def test_it_may_be_done_later(ann, paid):
    answer = send(ann, paid, later="1")
    assert (answer.status_code, posted("bob")) == (303, 250)
    work()
    assert posted("bob") == 500


def test_what_an_address_named_is_named_again(ann):
    held = ann.post("/accounts/ann/holds/new", holding())["Daybook-Request"]
    answer = send(ann, f"/requests/{held}/again")
    assert answer.status_code == 303
    assert "See the hold" in text(ann, answer["Location"])


def test_only_who_asked_asks_again(ann, paid):
    for somebody in (BOB, SAM):
        assert browser(somebody).get(paid).status_code == 404
        assert browser(somebody).post(paid, {"idempotency_key": "k"}).status_code == 404
    assert posted("bob") == 250


def test_what_is_no_command_of_its_own_is_not_offered(ann):
    data = {"from": "ann", "to": "bob", "amount": 1}
    commands = [{"command": "post_transfer", "data": data}]
    bulk = Api(ANN).post("/bulk", {"atomic": True, "commands": commands})["Daybook-Request"]
    assert "Ask again" not in text(ann, f"/requests/{bulk}")
    assert ann.get(f"/requests/{bulk}/again").status_code == 404
    Api(ANN).post("/transfers", {"to": 5})
    malformed = Request.objects.get(status="malformed").id
    assert ann.get(f"/requests/{malformed}/again").status_code == 404


def test_what_waits_says_so_to_scripts_and_to_who_has_none(ann):
    path = ann.post("/transfers/new", paying(later="1"))["Location"]
    html = ann.get(path).content.decode()
    assert re.search(r'data-waits="[0-9a-f-]{36}"', html)
    assert "Reload this page to see" in html
    assert "live.js" in html
    others = browser(SAM).get(path).content.decode()
    assert "Reload this page to see" in others
    assert "live.js" not in others, "who did not ask is not told by the stream"
    work()
    assert "live.js" not in ann.get(path).content.decode()
