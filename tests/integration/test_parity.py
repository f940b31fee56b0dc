"""All roads are one: whichever way a command is asked for, the same comes of it.

Each way is tried on the same world, which is then as if nothing had happened.
"""

import json
import re
from typing import Any

import pytest

from commands.engine import endings
from commands.engine.api import CommandView
from commands.engine.decider import handlers
from commands.engine.models import Request
from eventstore.store import latest_position, read_all
from tests.examples.entries import ENTRIES, HTTP, addresses, bulk, can_say, form, pages
from tests.examples.http import Api
from tests.examples.outcomes import CASES, EACH, Case, missing, world
from tests.examples.worlds import undone

pytestmark = pytest.mark.django_db

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|\+00:00)")


@pytest.fixture(autouse=True)
def _world(settings):
    settings.DAYBOOK_MAX_OPEN_HOLDS = 3
    world()


def alike(value: Any) -> Any:
    """A value in which drawn ids are numbered as they come, and times are just times."""
    text = TIME.sub("a time", json.dumps(value, default=str))
    seen: dict[str, str] = {}
    return json.loads(ID.sub(lambda found: seen.setdefault(found[0], f"id {len(seen)}"), text))


def trace(name: str, before: int) -> dict[str, Any]:
    """What a command left behind: its events, and its request's row."""
    row = Request.objects.filter(command=name).first()
    events = [(each.stream, each.version, each.type, each.data) for each in read_all(after=before)]
    kept = ("status", "http_status", "answer", "first_position", "events", "decided_on")
    stored = {name: getattr(row, name) for name in kept} if row else None
    return alike({"events": events, "stored": stored})


def came_of(entry: Any, name: str, case: Case) -> tuple[int, Any, dict[str, Any]]:
    """What an entry point told, and what it left behind; then undone."""
    with undone():
        before = latest_position()
        Request.objects.all().delete()
        status, body = entry(name, case)
        return status, alike(body), trace(name, before)


def test_every_outcome_of_every_command_has_a_case():
    assert missing() == []
    assert addresses().keys() - {"bulk"} == {
        name for name, each in handlers().items() if not each.internal
    }
    for name, (_, _, view) in addresses().items():
        if view.guarded is not CommandView.guarded:
            assert "stale-version" in {case.code for case in CASES[name]}


def test_every_command_with_a_form_is_tried_with_it():
    for name in pages().keys() - {"bulk"}:  # Its forms ask for other commands.
        told = {case.code == "" for case in CASES[name] if case.form is not None}
        assert told == {True, False}, f"{name} succeeds and is refused in its form"


@pytest.mark.parametrize(
    ("name", "case"), EACH, ids=[f"{name}-{case.code or 'done'}" for name, case in EACH]
)
def test_the_same_comes_of_it_whichever_way_it_is_asked(name, case):
    status, body, left = came_of(ENTRIES["awaited"], name, case)
    assert (status, body.get("code", "")) == (case.status, case.code)
    assert left["stored"]["http_status"] == status
    for entry in ENTRIES.values():
        if not can_say(entry, case):
            continue
        told, said, behind = came_of(entry, name, case)
        assert (entry.__name__, told) == (entry.__name__, status)
        assert (entry.__name__, behind) == (entry.__name__, left)
        if said is not None:
            assert (entry.__name__, said) == (entry.__name__, body)


@pytest.mark.parametrize("name", CASES)
def test_what_is_malformed_is_told_at_once_and_leaves_no_event(name):
    case = Case({**CASES[name][0].body, "nmae": "x"}, 400)
    status, body, left = came_of(ENTRIES["awaited"], name, case)
    assert (status, left["events"]) == (400, [])
    for entry in ENTRIES.values():
        if entry not in (form, ENTRIES["form_for_later"]):
            if entry.__name__ in ("in_process", "dispatched"):
                continue
            told, said, behind = came_of(entry, name, case)
            assert (entry.__name__, told, behind["events"]) == (entry.__name__, 400, [])
            if said is not None:
                assert said == body


@pytest.mark.parametrize("name", CASES)
def test_what_is_our_fault_is_told_alike(name, monkeypatch):
    def fails(*_):
        raise RuntimeError("our fault")

    monkeypatch.setattr(endings, "ATTEMPTS", 1)
    handler = handlers()[name]
    decide = handler.decide
    object.__setattr__(handler, "decide", fails)
    try:
        told = {key: came_of(entry, name, CASES[name][0])[:2] for key, entry in HTTP.items()}
    finally:
        object.__setattr__(handler, "decide", decide)
    assert told["awaited"][0] == 500
    assert told["awaited"] == told["queued"] == told["gateway"]


FIRST = [
    ("post_transfer", CASES["post_transfer"][0]),
    *(("post_transfer", c) for c in CASES["post_transfer"] if c.code == "insufficient-funds"),
]


@pytest.mark.parametrize("again", [*HTTP, "in_process", "dispatched", "bulk"])
@pytest.mark.parametrize("first", HTTP)
@pytest.mark.parametrize(("name", "case"), FIRST, ids=["done", "refused"])
def test_a_key_answers_alike_on_whichever_road_it_is_asked_again(name, case, first, again):
    told = HTTP[first](name, case, "k")
    position = latest_position()
    assert ENTRIES[again](name, case, "k") == told
    assert latest_position() == position


@pytest.mark.parametrize("road", HTTP)
def test_a_key_of_something_else_is_refused_on_every_road(road):
    HTTP["awaited"]("post_transfer", CASES["post_transfer"][0], "k")
    other = Case({"from": "ann", "to": "bob", "amount": 31})
    status, body = HTTP[road]("post_transfer", other, "k")
    assert (status, body["code"]) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(("name", "case"), EACH[:3] + EACH[-3:])
def test_all_or_none_of_one_is_that_one(name, case):
    """A refused atomic bulk says what its command would have said, and which one it was."""
    with undone():
        _, alone = bulk(name, case)
    each = {"command": name, "data": case.body}
    answer = Api(case.by).post("/bulk", {"atomic": True, "commands": [each]}).json()
    if case.code:
        assert (answer["code"], answer["detail"], answer["index"]) == (
            alone["code"], alone["detail"], 0,
        )  # fmt: skip
    else:
        assert answer["outcomes"][0]["status"] == case.status
