"""Reads of a position that a table has not reached, since code that does not write it appended."""

import io

import pytest
from django.core.management import CommandError, call_command

from eventstore.store import latest_position, read_all, timestamp
from projections.engine.follow import catch_up
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from tests.examples.asking import ask, rich
from tests.examples.following import follow
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)

READS = [
    "/accounts?",
    "/accounts/ann?",
    "/balances?",
    "/accounts/ann/entries?",
    "/accounts/ann/statement?",
    "/accounts/ann/statement?format=csv&",
    "/accounts/ann/holds?",
    "/transfers?",
    "/trial-balance?",
    "/balances/tree?",
]


def leave_behind(name):
    """From here on nobody writes this table, until the worker does."""
    ProjectionState.objects.filter(name=name).update(behind_since=latest_position())
    return latest_position()


@pytest.fixture
def then():
    """Where the entries were left behind, after which Ann paid once more."""
    rich("ann", 100)
    reached = leave_behind("entries")
    assert ask(pay("ann", "world", 7)).succeeded
    return reached


@pytest.fixture
def sam(then):
    return Api(SAM)


def bring_the_others(name="entries"):
    (behind,) = [each for each in projections() if each.name == name]
    while catch_up(behind):
        pass


@pytest.mark.parametrize("path", READS)
def test_a_position_that_not_all_tables_have_is_to_be_asked_for_again(sam, then, path):
    address = f"{path}at_position={latest_position()}"
    answer = sam.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert (answer.json()["code"], answer.json()["position"]) == ("view-behind", then)
    assert sam.get(f"{path}at_position={then}").status_code == 200
    bring_the_others()
    assert sam.get(address).status_code == 200


def test_so_is_a_time_by_which_more_was_recorded(sam, then):
    last = timestamp(read_all(after=latest_position() - 1)[0].recorded_at)
    assert sam.get(f"/accounts/ann?known_at={last}").json()["code"] == "view-behind"
    bring_the_others()
    assert sam.get(f"/accounts/ann?known_at={last}").json()["posted"] == "93"


def test_so_is_the_next_page_of_a_list_whose_first_one_was_as_of_it(sam):
    page = sam.get("/balances?limit=1").json()
    address = f"/balances?limit=1&cursor={page['next']}"
    assert page["position"] == latest_position()
    assert sam.get(address).json()["code"] == "view-behind"
    bring_the_others()
    assert sam.get(address).json()["position"] == page["position"]


def test_what_the_log_does_not_have_is_refused_as_ever(sam):
    head = latest_position()
    for path in ("/accounts/ann?at_position", "/accounts/ann/days?min_position"):
        (error,) = sam.get(f"{path}={head + 1}").json()["errors"]
        assert error["detail"] == f"The log ends at position {head}."


def test_days_wait_for_the_accounts_they_are_of(sam):
    leave_behind("balances")
    ask(pay("ann", "world", 1))
    answer = sam.get(f"/accounts/ann/days?min_position={latest_position()}")
    assert (answer.status_code, answer.json()["code"]) == (503, "view-behind")


def test_the_activity_is_of_what_the_accounts_know_and_waits_for_them(sam):
    reached = leave_behind("balances")
    ask(open_account("new"))
    head = latest_position()
    follow()
    told = sam.get("/activity").json()
    assert (told["position"], told["activity"][0]["position"]) == (reached, reached)
    answer = sam.get(f"/activity?min_position={head}")
    assert (answer.status_code, answer.json()["code"]) == (503, "view-behind")
    bring_the_others("balances")
    told = sam.get(f"/activity?min_position={head}").json()
    assert [told["activity"][0][name] for name in ("account", "kind")] == ["new", "opened"]


def test_a_whole_statement_is_cut_where_its_entries_end(sam, then):
    answer = sam.get("/accounts/ann/statement?format=csv")
    assert answer["Daybook-Position"] == str(then)
    *_, last = b"".join(answer).decode().splitlines()
    assert ",1.00,EUR," in last


@pytest.mark.parametrize("page", ["/accounts/ann", "/accounts/ann/statement.csv", "/balances/tree"])
def test_on_a_page_it_is_said_that_it_is_not_there_yet(then, page):
    answer = browser(SAM).get(f"{page}?at_position={latest_position()}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "is not as far as" in answer.content.decode()


def test_an_export_is_of_what_all_tables_have(then):
    output = io.StringIO()
    call_command("export", format="beancount", stdout=output)
    assert output.getvalue().startswith(f"; Daybook at position {then}\n")
    with pytest.raises(CommandError, match=f"have the events up to {then}"):
        call_command("export", format="csv", at_position=latest_position())
