"""The ledger's rules as docs/ledger.md tells them: each example is answered as it says."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from commands.access.models import Token
from commands.engine import bulk
from commands.engine.decider import handlers
from tests.examples.connections import until
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import ANN, FLO, SAM
from tests.tree import ROOT

TEXT = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
ANYTHING = "…"


@dataclass(frozen=True)
class Example:
    """What is asked, and what is shown of the answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    code: str
    told: dict[str, str]
    shown: Any


def examples(text: str) -> list[str]:
    return re.findall(r"^```http\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def read(block: str, names: dict[str, str]) -> Example:
    """An example with the names in it replaced by what they stand for."""
    for name, value in names.items():
        block = block.replace(f"{{{name}}}", value)
    asked, answered = block.split("\n\n")
    (line, headers, body), (first, told, shown) = _parts(asked), _parts(answered)
    method, path = line.split()
    status, _, code = first.partition(" ")
    return Example(method, path, headers, body, int(status), code, told, shown)


def _parts(text: str) -> tuple[str, dict[str, str], Any]:
    """First line, headers, and the JSON below them if there is any."""
    head, brace, rest = text.partition("\n{")
    first, *headers = head.splitlines()
    pairs = (each.partition(": ") for each in headers)
    body = json.loads(brace + rest) if brace else None
    return first, {name: value for name, _, value in pairs}, body


def unlike(found: Any, shown: Any, at: str = "") -> list[str]:
    """Where an answer is not as shown: it may say more, and `…` stands for anything."""
    if shown == ANYTHING:
        return [] if found else [f"{at} is empty"]
    if isinstance(shown, dict) and isinstance(found, dict):
        return [
            each for name in shown for each in unlike(found.get(name), shown[name], f"{at}/{name}")
        ]
    if isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        pairs = enumerate(zip(found, shown, strict=True))
        return [each for index, pair in pairs for each in unlike(*pair, f"{at}/{index}")]
    return [] if found == shown else [f"{at}: {found!r} is not {shown!r}"]


def named(body: dict[str, Any]) -> dict[str, str]:
    """What later examples name; a refusal tells of what is known already."""
    resources = {name: body.get(name) for name in ("hold", "transfer")}
    found = {name: of["id"] for name, of in resources.items() if isinstance(of, dict)}
    if isinstance(order := body.get("standing_order"), dict):
        found["order"] = order["id"]
    if "transfer" in found:
        found["position"] = str(body["request"]["position"])
        found["before"] = str(body["transfer"]["position"] - 1)
        found["recorded_at"] = body["transfer"]["recorded_at"]
    if "hold" in found and body["hold"]["status"] == "open":
        found["placed"] = str(body["request"]["position"])
    if "opening_balance" in body:
        found["cut"] = str(body["position"])
    return found


@pytest.mark.django_db
def test_each_example_is_answered_as_it_says():
    staff = Api(FLO)
    user(FLO).groups.add(Group.objects.get(name="close"))
    today = timezone.now().astimezone(ZoneInfo(settings.DAYBOOK_BOOK_TIME_ZONE)).date()
    names = {
        "ann": str(user(ANN).id),
        "Ann's token": Token.issue(user(ANN)),
        "Sam's token": Token.issue(user(SAM)),
        "today": str(today),
    }
    for block in examples(TEXT):
        example = read(block, names)
        path = example.path.removeprefix("/api/v1")
        if example.body is None:
            answer = staff.get(path, **example.headers)
        else:
            answer = staff.write(example.method, path, example.body, **example.headers)
        body = answer.json()
        assert (answer.status_code, body.get("code", "")) == (
            example.status,
            example.code or body.get("code", ""),
        ), block + answer.text
        assert unlike(body, example.shown or {}) == [], block + answer.text
        assert unlike(dict(answer.headers), example.told) == [], block
        names |= named(body)
        if (example.body or {}).get("expires_in") == 1:
            over = datetime.fromisoformat(body["hold"]["expires_at"])
            until(lambda over=over: timezone.now() > over)


def test_an_example_that_is_not_answered_so_is_found():
    assert unlike({"a": "1", "b": [{"c": None}]}, {"b": [{"c": None}]}) == []
    assert unlike({"a": "1"}, {"a": ANYTHING}) == []
    for found in ({"a": "2"}, {"a": ["1"]}, {}):
        assert unlike(found, {"a": "1"})
    assert unlike({"a": None}, {"a": ANYTHING})
    assert unlike({"a": ["1", "2"]}, {"a": ["1"]})


def test_every_command_has_an_example():
    names = dict.fromkeys(("hold", "transfer", "order"), str(UUID(int=1)))
    asked = [read(block, names) for block in examples(TEXT)]
    shown = {
        views[each.method].cls.command
        for each in asked
        if each.body is not None and (views := resolve(each.path).func.views)
    }
    assert shown == {bulk.NAME, *(name for name, each in handlers().items() if not each.internal)}


@pytest.mark.django_db
def test_everybody_can_read_them():
    assert 'href="/how-the-ledger-works"' in Client().get("/login").text
    page = Client().get("/how-the-ledger-works").text
    assert "<h1>The rules of the ledger</h1>" in page
    assert 'href="/problems/"' in page
    assert '.md"' not in page, "a text that is no page is not linked to"
    assert not re.search(r"<script|<style|style=", page)
