"""Event schemas: docs/events is as the code says, served to everybody, and true of every event."""

import json

import jsonschema_rs
import pytest
from django.core.management import call_command
from django.test import Client

from config import event_schemas
from config.event_schemas import FOLDER, texts
from eventstore.json_schemas import json_schema
from eventstore.registry import registered
from tests.examples.asking import rich
from tests.examples.contract import validation_errors
from tests.examples.http import Api
from tests.examples.people import VIC
from tests.tree import ROOT

GOLDEN = ROOT / "tests" / "golden"
FILES = {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
each_file = pytest.mark.parametrize("name", FILES)


def test_the_files_are_as_the_code_says():
    found = {name: (FOLDER / name).read_text(encoding="utf-8") for name in FILES}
    assert found | texts() == found, "run manage.py write_event_schemas"


def test_the_command_writes_them_and_leaves_older_ones(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("config.management.commands.write_event_schemas.FOLDER", tmp_path)
    older = tmp_path / "toy.moved.1.json"
    older.write_text("{}")
    call_command("write_event_schemas")
    found = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*")}
    assert found == {older.name: "{}"} | texts()
    assert f"{len(texts())} schemas" in capsys.readouterr().out


def test_there_is_one_for_each_type_and_schema_ever_used():
    assert {path.name for path in GOLDEN.glob("*.json")} == FILES.keys()


@each_file
def test_it_is_a_schema_of_its_own(name):
    schema = FILES[name]
    jsonschema_rs.meta.validate(schema)
    assert (schema["$id"], schema["$schema"]) == (
        name,
        "https://json-schema.org/draft/2020-12/schema",
    )
    assert schema["title"] == name.rsplit(".", 2)[0]
    assert schema["description"].endswith(".")


def golden(name):
    return [each["data"] for each in json.loads((GOLDEN / name).read_text(encoding="utf-8"))]


@each_file
def test_it_is_true_of_what_was_ever_written(name):
    for data in golden(name):
        assert data.keys() <= FILES[name]["properties"].keys()
        assert validation_errors(FILES[name], data) == []


@each_file
def test_it_refuses_what_was_never_written(name):
    schema, data = FILES[name], golden(name)[0]
    for member in data:
        assert validation_errors(schema, data | {member: 1.5})
    for member in schema["required"]:
        without = {each: value for each, value in data.items() if each != member}
        assert validation_errors(schema, without)


@each_file
def test_it_lets_pass_what_is_added_later(name):
    assert validation_errors(FILES[name], golden(name)[0] | {"new": "member"}) == []


def test_what_is_left_out_is_as_it_says():
    ours = {f"{each.name}.{each.schema}.json": each for each in registered()}
    for name, schema in FILES.items():
        if entry := ours.get(name):
            defaults = {
                member: part["default"]
                for member, part in schema["properties"].items()
                if "default" in part
            }
            read = entry.codec[1](golden(name)[0] | defaults)
            assert entry.codec[0](read).keys().isdisjoint(defaults)


# --- how they are served ---------------------------------------------------------------------


def test_everybody_may_read_them():
    listed = Client().get("/api/v1/schema/events/").json()["schemas"]
    assert [f"{each['type']}.{each['schema']}.json" for each in listed] == sorted(FILES)
    for each in listed:
        answer = Client().get(each["href"])
        assert answer["Content-Type"] == "application/schema+json"
        assert answer.json() == FILES[each["href"].rpartition("/")[2]]


@pytest.mark.parametrize("name", ["nothing.json", "ledger.account_opened.9.json", "..", "%2e%2e"])
def test_nothing_else_is_served(name):
    answer = Client().get(f"/api/v1/schema/events/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.django_db
def test_an_event_says_which_it_is_of():
    rich("ann", 100)
    for event in Api(VIC).get("/events").json()["events"]:
        schema = FILES[f"{event['type']}.{event['schema']}.json"]
        assert validation_errors(schema, event["data"]) == []


def test_a_new_member_is_described_as_it_stands_in_the_log():
    (opened,) = [each for each in registered() if each.name == "ledger.account_opened"]
    members = json_schema(opened)["properties"]
    assert members["owner"] == {"type": ["string", "null"], "format": "uuid", "default": None}
    assert members["normal_balance"] == {"type": "string", "enum": ["credit", "debit"]}
    assert event_schemas.known()["ledger.account_opened.1.json"]
