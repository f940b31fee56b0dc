"""A log that releases of years have written: each event as it was written, read by today's code."""

from dataclasses import replace

import pytest
from django.db import connection

from commands.ledger.messages import FreezeAccount
from eventstore import registry
from eventstore.events.ledger import AccountCredited, AccountDebited, account_stream
from eventstore.store import ANY, Append, NewEvent, UnknownEvent, append, latest_position, read_all
from projections.engine.building import RebuildRefused
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.engine.rebuild import rebuild
from projections.engine.status import status_of, statuses
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.following import DEBITED, follow, rows
from tests.examples.forging import forge, redigest, reseal
from tests.examples.http import Api
from tests.examples.ledger import pay
from tests.examples.people import SAM
from tests.examples.verifying import reported

pytestmark = pytest.mark.django_db(transaction=True)

CREDITED, FLAGGED = "ledger.account_credited", "ledger.account_flagged"


def to_minor_units(data):
    """From the first generation, which had decimals, to the second."""
    money = data.pop("money")
    return {**data, "amount": money.replace(".", "")}


def to_business_dates(data):
    """From the second generation, in which a date was a day, to the third."""
    day = data.pop("day")
    return {**data, "effective_on": day}


@pytest.fixture
def registered(monkeypatch):
    """Registers a class under its stored name as another release of the code does."""
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))
    monkeypatch.setattr(registry, "_by_class", dict(registry._by_class))

    def register(cls, **otherwise):
        entry = replace(registry.type_of(cls), **otherwise)
        registry._by_name[entry.name] = registry._by_class[cls] = entry

    return register


@pytest.fixture
def renamed():
    """The class of debits has another name in today's code than it had."""
    name = AccountDebited.__name__
    AccountDebited.__name__ = AccountDebited.__qualname__ = "MoneyTaken"
    yield
    AccountDebited.__name__ = AccountDebited.__qualname__ = name


@pytest.fixture
def old_log(registered, renamed):
    """Ann had 1,000 and paid three times: each debit is of another generation than the others."""
    registered(AccountDebited, schema=3, upcasters={1: to_minor_units, 2: to_business_dates})
    rich("ann", 1_000)
    for amount in (100, 200, 300):
        assert ask(pay("ann", "world", amount)).succeeded
    follow()
    first, second, _ = debits()
    day = first.data["effective_on"]
    as_written(first, 1, f'"money": "1.00", "day": "{day}"')
    as_written(second, 2, f'"amount": "200", "day": "{day}"')
    reseal()
    run("UPDATE eventstore_stream SET state = NULL, state_version = NULL, state_code = NULL")


def debits():
    return [each for each in read_all(types=[DEBITED]) if each.stream == account_stream("ann")]


def as_written(event, schema, fields):
    """What an old release wrote where today's code wrote this event."""
    data = f'{{"transfer": "{event.data["transfer"]}", {fields}}}'
    forge(
        f"UPDATE eventstore_event SET schema = {schema}, data = '{data}'"
        f" WHERE position = {event.position}"
    )
    redigest(event.position)


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


# --- three generations -------------------------------------------------------------------------


def test_a_rule_decides_by_what_all_of_them_add_up_to(old_log):
    assert [each.schema for each in debits()] == [1, 2, 3]
    refused = ask(pay("ann", "world", 401))
    assert refused.answer["code"] == "insufficient-funds"
    assert ask(pay("ann", "world", 400)).succeeded
    assert (debits()[-1].schema, debits()[-1].data["amount"]) == (3, "400")


def test_every_table_is_made_of_them_as_it_was(old_log):
    for each in projections():
        before = rows(each)
        assert differences(each) == []
        rebuild(each)
        assert rows(each) == before


def test_the_worker_follows_them(old_log):
    before = rows(daily_totals)
    run(f"DELETE FROM {daily_totals.table.name}")
    run("DELETE FROM eventstore_checkpoint")
    follow()
    assert rows(daily_totals) == before


def test_nothing_is_wrong_with_such_a_log(old_log):
    assert reported()["clean"]


def test_others_are_given_each_as_it_was_written(old_log):
    told = Api(SAM).get(f"/events?types={DEBITED}").json()["events"]
    assert [sorted(each["data"]) for each in told[-3:]] == [
        ["day", "money", "transfer"],
        ["amount", "day", "transfer"],
        ["amount", "effective_on", "transfer"],
    ]


# --- a type that is not known yet ---------------------------------------------------------------


@pytest.fixture
def flagged():
    """Newer code flagged Ann's account; this one does not know what that means."""
    rich("ann", 1_000)
    rich("bob", 1_000)
    new = NewEvent(FLAGGED, {"colour": "red"})
    append(Append(account_stream("ann"), [new], ANY))
    return latest_position()


def test_it_is_given_to_others_as_it_is(flagged):
    (told,) = Api(SAM).get(f"/events?types={FLAGGED}").json()["events"]
    assert (told["position"], told["data"]) == (flagged, {"colour": "red"})


def test_no_projector_follows_it_so_that_none_stops(flagged):
    follow()
    assert [each.lag_events for each in statuses()] == [0] * len(projections())
    for each in projections():
        assert differences(each) == []
        assert rebuild(each).name == each.name


def test_what_the_rules_do_not_know_is_not_decided_and_all_else_is(flagged):
    """Newer code can; during a deploy, who sends it again comes there sooner or later."""
    with pytest.raises(UnknownEvent, match=rf"position {flagged}: {FLAGGED} schema 1 is unknown"):
        ask(FreezeAccount(account="ann", scope="all", reason="Red"))
    answers = [
        Api(SAM).post("/transfers", {"from": code, "to": "world", "amount": 1})
        for code in ("ann", "bob")
    ]
    assert [each.status_code for each in answers] == [503, 201]
    assert (answers[0].json()["code"], answers[0]["Retry-After"]) == ("busy", "1")
    assert latest_position() == flagged + 3


def test_nothing_is_wrong_with_a_log_that_has_it(flagged):
    follow()
    assert reported()["clean"]


# --- a known one in a shape that is not ----------------------------------------------------------


@pytest.fixture
def ahead(registered):
    """Newer code credited Bob in a shape of its own; Ann paid after that."""
    rich("ann", 1_000)
    rich("bob", 0)
    usual = registry.type_of(AccountCredited)
    newer = (lambda event: usual.codec[0](event) | {"by": "card"}, usual.codec[1])
    registered(AccountCredited, schema=2, upcasters={1: dict}, codec=newer)
    assert ask(pay("ann", "bob", 7)).succeeded
    registered(AccountCredited, schema=1, upcasters={}, codec=usual.codec)
    assert ask(pay("ann", "world", 8)).succeeded
    (event,) = [each for each in read_all(types=[CREDITED]) if each.schema == 2]
    return event.position


def test_who_follows_it_stops_there_and_says_so(ahead):
    follow()
    status = status_of(daily_totals)
    assert (status.stopped_before, status.position) == (ahead, ahead - 1)
    assert status.error == f"UnknownEvent: position {ahead}: {CREDITED} schema 2 is unknown"
    following = {each.name for each in projections(immediate=False) if CREDITED in each.types}
    assert {each.name for each in statuses() if each.state == "stopped"} == following


@pytest.mark.parametrize("projection", projections(), ids=lambda each: each.name)
def test_a_rebuild_is_refused_where_it_is_followed_and_only_there(ahead, projection):
    follow()
    before = rows(projection)
    if CREDITED in projection.types:
        with pytest.raises(RebuildRefused, match=f"the event at position {ahead} "):
            rebuild(projection)
    else:
        rebuild(projection)
    assert rows(projection) == before


def test_verify_says_what_it_could_not_read(ahead):
    found = {each["name"]: each["findings"] for each in reported()["checks"] if each["findings"]}
    following = {each.name for each in projections(immediate=True) if CREDITED in each.types}
    assert set(found) == {"double entry", "states", *following}
    said = f"position {ahead}: {CREDITED} schema 2 is unknown"
    assert all(said in finding["what"] for finding, *_ in found.values())
