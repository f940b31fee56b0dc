"""What commands leave in the log: one event for each entity that changed, with what changed.

These are all commands that are registered, so that the next one is tried as well.
"""

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from commands.engine.decider import entity_of
from eventstore.json_schemas import json_schema
from eventstore.records import Recorded
from eventstore.registry import load, registered, type_of
from eventstore.store import latest_position, read_all, read_stream
from tests.examples.contract import validation_errors
from tests.examples.entries import in_process
from tests.examples.outcomes import CASES, EACH, Case, missing, world
from tests.examples.worlds import undone

pytestmark = pytest.mark.django_db

ADDED_UP = {
    *("balance", "posted", "available", "held", "remaining", "total", "subtotal", "net"),
    *("debits", "credits", "count", "version", "position", "status"),
}
"""What events add up to; in one of them it would be told twice, and be wrong once."""

SUCCESSES = [(name, case) for name, case in EACH if not case.code]


@pytest.fixture(autouse=True)
def _world(settings):
    settings.DAYBOOK_MAX_OPEN_HOLDS = 3
    world()


def events_of(name: str, case: Case) -> list[Recorded]:
    before = latest_position()
    status, _ = in_process(name, case)
    assert status == case.status
    return read_all(after=before)


def around(recorded: Recorded) -> tuple[Any, Any]:
    """The state of an event's entity before it and after it."""
    entity = entity_of(recorded.stream)
    state = entity.initial
    for earlier in read_stream(recorded.stream, upto=recorded.version - 1):
        state = entity.evolve(state, load(earlier))
    return state, entity.evolve(state, load(recorded))


def test_every_command_is_among_them():
    assert missing() == []
    assert {name for name, _ in SUCCESSES} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_every_command_changes_something(name):
    """Though not in each case: who asks for what is so already leaves no event."""

    def changes(case):
        with undone():
            return bool(events_of(name, case))

    assert any(changes(case) for each, case in SUCCESSES if each == name)


@pytest.mark.parametrize(("name", "case"), SUCCESSES)
def test_each_entity_that_changed_has_one_event(name, case):
    found = events_of(name, case)
    assert len({event.stream for event in found}) == len(found)
    for event in found:
        before, after = around(event)
        assert before != after, f"{event.type} changes nothing"


@pytest.mark.parametrize(("name", "case"), SUCCESSES)
def test_an_event_says_nothing_that_was_so_already(name, case):
    for event in events_of(name, case):
        before, after = around(event)
        if event.version == 1 or not is_dataclass(before):
            continue
        for member in {each.name for each in fields(before)} & event.data.keys():
            assert getattr(before, member) != getattr(after, member), (event.type, member)


@pytest.mark.parametrize(("name", "case"), SUCCESSES)
def test_an_event_looks_as_its_schema_says(name, case):
    for event in events_of(name, case):
        schema = json_schema(type_of(type(load(event))))
        assert event.data.keys() <= schema["properties"].keys()
        assert validation_errors(schema, event.data) == []


def test_no_event_holds_what_events_add_up_to():
    for each in registered():
        names = {member.name for member in fields(each.cls)}
        assert names & ADDED_UP == set(), each.name
