"""References that may be used once: by whichever road, in one batch, and by several at once."""

import threading
from io import StringIO

import pytest
from django.core.management import call_command

from commands.engine.deciding import insist
from commands.engine.dispatch import dispatch, submission
from eventstore.store import read_all, read_stream
from projections.ledger.models import Transfer
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread
from tests.examples.http import Api
from tests.examples.ledger import open_account
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)

PAY = {"from": "ann", "to": "bob", "amount": "1", "reference": "r-1"}


@pytest.fixture
def once(settings):
    settings.DAYBOOK_UNIQUE_REFERENCES = True
    rich("ann", 100)
    rich("bob", 0)


def asked(**changed):
    return submission("post_transfer", {**PAY, **changed}, principal=SAM.principal)


def codes(outcomes) -> list[str]:
    return [outcome.answer.get("code", "done") for outcome in outcomes]


def test_a_second_transfer_of_a_reference_is_a_problem_with_its_facts(once):
    sam = Api(SAM)
    made = sam.post("/transfers", PAY).json()["transfer"]["id"]
    answer = sam.post("/transfers", PAY)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["code"], body["reference"], body["transfer"]) == ("reference-exists", "r-1", made)
    assert body["errors"][0]["pointer"] == "/reference"
    assert sam.post("/transfers", {**PAY, "reference": ""}).status_code == 201
    assert sam.post("/transfers", {**PAY, "reference": ""}).status_code == 201


def test_in_one_batch_the_first_has_it(once):
    outcomes = insist([asked(amount="999"), asked(), asked(), asked(reference="r-2")])
    assert codes(outcomes) == ["insufficient-funds", "done", "reference-exists", "done"]


def test_all_or_none_frees_it_again(once):
    one = {"command": "post_transfer", "data": PAY}
    bulk = {"atomic": True, "commands": [one, one]}
    refused = Api(SAM).post("/bulk", bulk)
    assert (refused.status_code, refused.json()["code"]) == (422, "reference-exists")
    assert refused.json()["index"] == 1
    assert dispatch(asked()).succeeded


def test_one_of_several_who_use_it_at_once_has_it(once):
    for name in ("a", "b", "c", "d"):
        rich(name, 10)
    together = threading.Barrier(4)

    def paying(source):
        together.wait()
        return dispatch(asked(**{"from": source, "to": f"{source}2"}))

    for name in ("a", "b", "c", "d"):
        ask(open_account(f"{name}2"))
    outcomes = [each.result() for each in [InThread(lambda n=n: paying(n)) for n in "abcd"]]
    assert sorted(codes(outcomes)) == ["done"] + ["reference-exists"] * 3
    assert Transfer.objects.filter(reference="r-1").count() == 1
    call_command("verify", stdout=StringIO(), stderr=StringIO())


def test_without_the_setting_nothing_is_written_of_references(once, settings):
    settings.DAYBOOK_UNIQUE_REFERENCES = False
    assert codes(dispatch(asked()) for _ in range(2)) == ["done", "done"]
    assert read_all(category="reference", limit=None) == []


def test_the_log_says_which_transfer_used_it(once):
    outcome = dispatch(asked())
    (event,) = read_all(category="reference", limit=None)
    made = outcome.body["transfer"]["id"]
    assert event.data == {"reference": "r-1", "transfer": made}
    assert event.metadata == read_stream(f"transfer-{made}")[0].metadata
