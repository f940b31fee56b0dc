"""`verify --since` looks at what was recorded from a position or a day on."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from eventstore.reading import latest_position, read_all
from eventstore.verification import checks
from tests.examples.asking import ask
from tests.examples.forging import forge
from tests.examples.ledger import pay
from tests.examples.verifying import reported, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

SET = "UPDATE eventstore_event SET"


def since(position):
    return {"since": str(position)}


def test_what_is_forged_before_is_not_looked_at_and_what_is_forged_after_is(places):
    change = 'metadata = metadata || \'{"actor": "eve"}\' WHERE position ='
    forge(f"{SET} {change} {places['middle']}")
    assert verify(**since(places["last"])) == {}
    assert f"position {places['middle']}" in verify(**since(places["first"]))["digests"]
    forge(f"{SET} {change} {places['next']}")
    assert verify(**since(places["last"]))["digests"].keys() == {f"position {places['next']}"}


def test_the_chain_goes_on_from_the_seal_stored_before(places):
    forge(f"{SET} seal = sha256('x') WHERE position = {places['last']}")
    assert verify("seals", **since(places["last"]))["seals"].keys() == {
        f"position {places['next']}"
    }
    assert verify("seals", **since(places["next"])) == {}


@pytest.mark.parametrize("inside", ["first", "middle"])
def test_it_begins_with_a_whole_append(places, inside):
    """So that nothing is missing from a transfer or its seal."""
    report = reported(**since(places[inside]))
    assert report["clean"]
    assert report["since"] == places["first"] - 1


def test_a_chain_that_is_asked_for_from_inside_an_append_begins_where_that_does(places):
    (seals,) = [each for each in checks() if each.name == "seals"]
    found = seals.find(latest_position(), lambda done, total: None, places["middle"])
    assert list(found) == []


def test_read_tables_are_left_out_and_said_to_be_unless_they_are_named(places):
    forge("UPDATE ledger_balance SET debits = debits + 1 WHERE account = 'ann'")
    report = reported(**since(places["last"]))
    left_out = {each["name"] for each in report["checks"] if each["skipped"]}
    assert {"balances", "entries", "transfers"} <= left_out
    assert all(each["clean"] is None for each in report["checks"] if each["skipped"])
    output = io.StringIO()
    call_command("verify", stdout=output, **since(places["last"]))
    assert "balances       left out" in output.getvalue()
    assert f"Nothing differs after position {places['last']} up to" in output.getvalue()
    assert verify("balances", **since(places["last"])).keys() == {"balances"}


def test_states_of_streams_that_changed_since_are_folded_whole(places):
    forge("UPDATE eventstore_stream SET state = replace(replace(state, '123', '9'), '143', '9')")
    assert verify("states", **since(places["last"]))["states"].keys() == {
        "stream account-ann", "stream account-bob",
    }  # fmt: skip
    assert verify("states", **since(places["next"])) == {}


def test_a_date_is_its_first_moment_in_utc(places):
    forge(f"{SET} recorded_at = recorded_at - interval '2 days' WHERE position <= {places['last']}")
    (event,) = read_all(after=places["next"] - 1, upto=places["next"])
    today, day = event.recorded_at.date(), timedelta(days=1)
    assert reported(since=str(today - day))["since"] == places["last"]
    assert reported("positions", since=str(today - 9 * day))["since"] == 0
    assert reported(since=str(today + day))["since"] == latest_position()


def test_what_is_after_the_end_has_nothing_to_check(places):
    assert verify(**since(places["end"])) == {}
    ask(pay("bob", "ann", 1))
    forge(f"{SET} seal = sha256('x') WHERE position = {latest_position()}")
    assert verify(**since(places["end"])).keys() == {"seals"}


@pytest.mark.parametrize(
    ("text", "said"),
    [("99999", "The log ends at position"), ("yesterday", "neither a position nor a date")],
)
def test_what_is_no_place_in_the_log_is_a_sentence(text, said):
    with pytest.raises(CommandError, match=said):
        call_command("verify", since=text)
