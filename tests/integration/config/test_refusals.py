"""Every "no": docs/refusals.md is as the code says, and each problem's type leads to its page."""

import pytest
from django.core.management import call_command
from django.test import Client

from commands.engine.decider import handlers
from commands.engine.errors import Refused, StoredRefusal
from config.essays import DOCS
from config.openapi import document
from config.problems import AGAIN, PROBLEMS
from config.refusals import problems, text
from tests.examples.http import Api
from tests.examples.people import EVE


def test_the_text_is_as_the_code_says():
    assert (DOCS / "refusals.md").read_text(encoding="utf-8") == text(), (
        "run manage.py write_refusals"
    )


def test_the_command_writes_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("config.management.commands.write_refusals.DOCS", tmp_path)
    call_command("write_refusals")
    assert (tmp_path / "refusals.md").read_text(encoding="utf-8") == text()
    assert f"{len(problems())} codes" in capsys.readouterr().out


def test_it_has_every_code_that_anything_says():
    said = {
        code
        for methods in document()["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for media, content in answer.get("content", {}).items()
        if media == "application/problem+json"
        for code in content["examples"]
    }
    stored = {StoredRefusal, *subclasses(StoredRefusal)}
    classes = subclasses(Refused) - stored
    codes = {each.code for each in classes if each.__module__.startswith("commands.")}
    assert problems().keys() == said | codes | PROBLEMS.keys()


def subclasses(of):
    return {one for each in of.__subclasses__() for one in (each, *subclasses(each))}


def test_no_code_has_two_meanings():
    for handler in handlers().values():
        for refusal in handler.refusals:
            told = problems()[refusal.code]
            assert (told.status, told.says) == (refusal.status, refusal().detail)
    for code, status in PROBLEMS.items():
        assert problems()[code].status == status


def test_what_may_be_sent_again_is_what_says_when():
    again = {each.status for each in problems().values() if "Send the same again" in each.then}
    assert again | {504} == AGAIN


@pytest.mark.django_db
def test_the_type_of_a_problem_leads_to_what_it_means():
    refused = Api(EVE).post("/accounts", {"code": "eve", "name": "Eve", "currency": "EUR"}).json()
    page = Client().get(refused["type"])
    assert page.status_code == 200
    for word in (refused["code"], refused["detail"], "Ask somebody who has the right."):
        assert word in page.text


@pytest.mark.django_db
def test_every_code_has_its_page_and_nothing_else_has():
    client = Client()
    for code in problems():
        assert f'<a href="/problems/{code}">{code}</a>' in client.get("/problems/").text
        page = client.get(f"/problems/{code}").text
        assert f">{code}</h1>" in page
        assert "`" not in page
    assert client.get("/problems/unheard-of").status_code == 404
