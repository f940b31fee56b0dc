"""What was ever written to the log can be read for ever: the schema may grow and never change."""

import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from eventstore import registry
from eventstore.errors import UnknownEvent
from eventstore.records import Recorded
from eventstore.registry import event, load, new_event, registered
from eventstore.values import Amount
from tests import event_schemas
from tests.tree import ROOT

GOLDEN = ROOT / "tests" / "golden"


def recorded(type, data, schema=1):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Recorded(7, "toy-1", 1, type, schema, data, {}, UUID(int=1), now)


# --- the committed schema --------------------------------------------------------------------


def test_the_schema_only_grows():
    """After an addition: python -m tests.event_schemas; for a change: a new schema, an upcaster."""
    assert event_schemas.broken(event_schemas.committed(), event_schemas.current()) == []


THEN = {"toy.moved.1": {"amount": "digits", "note": 'str = ""'}}


@pytest.mark.parametrize(
    "now",
    [
        THEN,
        THEN | {"toy.opened.1": {"code": "str"}},
        {"toy.moved.1": {**THEN["toy.moved.1"], "by": "str | null = null"}},
        {"toy.moved.2": {"sum": "digits"}},
    ],
    ids=["the same", "a new event", "a new field with a default", "a new schema"],
)
def test_adding_is_free(now):
    assert event_schemas.broken(THEN, now) == []


@pytest.mark.parametrize(
    "now",
    [
        {},
        {"toy.moved.1": {"amount": "int", "note": 'str = ""'}},
        {"toy.moved.1": {"amount": "digits"}},
        {"toy.moved.1": {"amount": "digits", "note": 'str = "-"'}},
        {"toy.moved.1": {**THEN["toy.moved.1"], "by": "str"}},
    ],
    ids=["removed", "another type", "a field less", "another default", "a field required"],
)
def test_changing_or_removing_fails(now):
    assert event_schemas.broken(THEN, now)


def test_a_field_is_described_as_it_stands_in_the_log():
    assert event_schemas.current()["ledger.transfer_posted.1"]["legs"] == (
        "tuple[{account: str, direction: 'credit' | 'debit', amount: digits}]"
    )


# --- golden fixtures -------------------------------------------------------------------------


def examples():
    return [
        pytest.param(file.stem, example, id=f"{file.stem}-{number}")
        for file in sorted(GOLDEN.glob("*.json"))
        for number, example in enumerate(json.loads(file.read_text(encoding="utf-8")), start=1)
    ]


def stored(name, data):
    """The event of a fixture, whose name is `type.schema`, as it stands in the log."""
    type_, _, schema = name.rpartition(".")
    return recorded(type_, data, int(schema))


def test_every_type_and_schema_ever_used_has_a_golden_fixture():
    ever = {
        f"{entry.name}.{schema}"
        for entry in event_schemas.ours()
        for schema in range(1, entry.schema + 1)
    }
    assert {file.stem for file in GOLDEN.glob("*.json")} == ever | set(event_schemas.committed())


@pytest.mark.parametrize(("name", "example"), examples())
def test_it_is_loaded_as_it_always_was(name, example):
    event = load(stored(name, example["data"]))
    shown = {field.name: repr(getattr(event, field.name)) for field in fields(event)}
    assert shown | example["loaded"] == shown


@pytest.mark.parametrize(("name", "example"), examples())
def test_it_is_written_as_it_always_was(name, example):
    new = new_event(load(stored(name, example["data"])))
    if name == f"{new.type}.{new.schema}":
        assert new.data == example["data"]


# --- upcasting -------------------------------------------------------------------------------


@pytest.fixture
def toys(monkeypatch):
    """A registry of one's own: what the test registers is gone after it."""
    monkeypatch.setattr(registry, "_by_name", dict(registry._by_name))
    monkeypatch.setattr(registry, "_by_class", dict(registry._by_class))


@pytest.fixture
def moved(toys):
    """The third generation of an event: first floats, then cents, then cents and a unit."""

    def to_cents(data):
        whole, _, cents = data.pop("money").partition(".")
        return {**data, "amount": whole + cents}

    def with_unit(data):
        return {**data, "unit": "EUR"}

    @event("toy.moved", schema=3, upcasters={1: to_cents, 2: with_unit})
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Moved:
        amount: Amount
        unit: str
        note: str = ""

    return Moved


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        (1, {"money": "12.50"}),
        (2, {"amount": "1250"}),
        (3, {"amount": "1250", "unit": "EUR"}),
    ],
)
def test_every_generation_is_loaded_as_the_last(moved, schema, data):
    kept = dict(data)
    assert load(recorded("toy.moved", data, schema)) == moved(amount=1250, unit="EUR")
    assert data == kept, "what was read from the log was changed"


def test_it_is_written_in_the_last_generation(moved):
    new = new_event(moved(amount=1250, unit="USD"))
    assert (new.type, new.schema, new.data) == ("toy.moved", 3, {"amount": "1250", "unit": "USD"})


def test_a_schema_newer_than_the_code_is_unknown(moved):
    with pytest.raises(UnknownEvent, match=r"position 7: toy\.moved schema 4"):
        load(recorded("toy.moved", {}, schema=4))


def test_a_type_that_nobody_registered_is_unknown():
    with pytest.raises(UnknownEvent, match=r"position 7: toy\.unheard"):
        load(recorded("toy.unheard", {}))


def test_an_object_of_no_registered_class_cannot_be_written():
    with pytest.raises(UnknownEvent, match="not registered"):
        new_event(Path())


@pytest.mark.parametrize("upcasters", [None, {2: dict}, {1: dict, 2: dict}])
def test_every_older_schema_needs_its_upcaster(toys, upcasters):
    with pytest.raises(ValueError, match="one upcaster for each older one"):
        event("toy.grown", schema=2, upcasters=upcasters)


def test_a_name_is_given_once(moved):
    with pytest.raises(ValueError, match=r"'toy\.moved' is taken"):
        event("toy.moved")(dataclass(type("Other", (), {})))


def test_every_name_in_the_log_is_one_class():
    names = [entry.name for entry in registered()]
    assert len(names) == len(set(names)) == len({entry.cls for entry in registered()})
