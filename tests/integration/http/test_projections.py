"""How far all read tables are: GET /projections."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from eventstore.store import latest_position
from projections.engine.models import ProjectionState
from projections.engine.projector import projections
from tests.examples.asking import rich
from tests.examples.following import follow
from tests.examples.http import Api
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db


def told():
    answer = Api(SAM).get("/projections")
    assert answer["Daybook-Position"] == str(latest_position())
    return {each["name"]: each for each in answer.json()["projections"]}


def test_all_read_tables_are_there_each_as_far_as_it_is():
    rich("ann", 5)
    assert [*told()] == [each.name for each in projections()]
    assert told()["balances"] == {
        "name": "balances", "kind": "immediate", "state": "running",
        "position": latest_position(), "lag_events": 0, "lag_seconds": 0.0, "error": "",
    }  # fmt: skip
    behind = told()["daily_totals"]
    assert (behind["kind"], behind["lag_events"]) == ("eventual", latest_position())
    assert behind["lag_seconds"] > 0
    follow()
    assert told()["daily_totals"]["lag_events"] == 0


def test_it_tells_what_the_command_tells():
    rich("ann", 5)
    ProjectionState.objects.filter(name="balances").update(stopped_at=2, error="No: it is bad")
    out = StringIO()
    call_command("projections", "list", "--json", stdout=out)
    said = {each["name"]: each for each in json.loads(out.getvalue())["projections"]}
    found = told()
    assert found.keys() == said.keys()
    for name, each in found.items():
        for fact in ("kind", "state", "position", "lag_events"):
            assert each[fact] == said[name][fact]
    assert found["balances"]["state"] == "stopped"
    assert found["balances"]["error"] == "Stopped before 2: No: it is bad"


def test_it_has_no_parameters():
    assert Api(SAM).get("/projections?name=balances").status_code == 400
