"""The page about the three roads: its examples do as it says, its drawings are as described."""

import http.client
import re
import shutil
from contextlib import closing
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from commands.access.models import Token
from commands.engine.models import Request
from config.roads import comparing
from config.roads.answering import DRAWINGS, TEXT
from config.roads.diagrams import DIAGRAMS
from config.roads.sequence import drawn
from tests.examples.curl import examples, ran, unlike
from tests.examples.factories import user
from tests.examples.people import SAM
from tests.examples.serving import working

EXAMPLES = examples(TEXT.read_text())


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing")
@pytest.mark.django_db(transaction=True)
def test_its_examples_are_answered_as_it_says(served):
    call_command("demo")
    variables = {
        "API": f"{served.url}/api/v1",
        "TOKEN": Token.issue(user(SAM)),
        "REQUEST": "",
    }
    assert len(EXAMPLES) == 8
    with working():
        for command, expected in EXAMPLES:
            answer = ran(command, variables)
            assert unlike(answer, expected) == [], command + answer
            if found := re.search(r"^location: .*/(\S+)", answer, re.MULTILINE | re.IGNORECASE):
                variables["REQUEST"] = found[1]
            for part, said in SAID:
                assert part not in command or said in answer, command + answer


SAID = [
    ("99999999", "insufficient-funds"),
    ("?wait=", "succeeded"),
    ("DELETE", "cancelled"),
]
"""What its sentences say of the answers to some of its commands."""


def test_an_answer_that_is_unlike_is_found():
    answer = "HTTP/1.1 201 Created\ndaybook-position: 12\n\n{}"
    assert unlike(answer, "HTTP/1.1 201\nDaybook-Position: …\n") == []
    assert unlike(answer, "HTTP/1.1 202\nLocation: …\n") == ["HTTP/1.1 202", "Location: …"]


# --- the drawings ----------------------------------------------------------------------------


def test_the_drawings_are_those_that_the_command_makes():
    there = {path.stem: path.read_text() for path in DRAWINGS.glob("*.svg")}
    assert there == {name: drawn(diagram) for name, diagram in DIAGRAMS.items()}, (
        "run manage.py draw_roads"
    )


def test_the_command_draws_them(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("config.management.commands.draw_roads.DRAWINGS", tmp_path)
    call_command("draw_roads")
    assert {path.stem for path in tmp_path.iterdir()} == DIAGRAMS.keys()
    assert "4 diagrams" in capsys.readouterr().out


def test_the_text_shows_each_of_them_with_its_words():
    shown = re.findall(r"!\[(.+?)\]\(roads/(\w+)\.svg\)", TEXT.read_text())
    assert sorted(name for _, name in shown) == sorted(DIAGRAMS)
    assert min(len(words) for words, _ in shown) > 40


# --- the page --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_everybody_can_read_it():
    login = Client().get("/login").content.decode()
    assert 'href="/how-it-answers"' in login
    page = Client().get("/how-it-answers").content.decode()
    assert "<h1>How does an event-sourced system answer synchronously?</h1>" in page
    drawings = re.findall(r'src="/static/roads/(\w+)\.svg"', page)
    assert sorted(drawings) == sorted(DIAGRAMS)
    assert not re.search(r"<script|<style|style=", page)


@pytest.mark.django_db(transaction=True)
def test_its_drawings_are_served(served):
    for name in DIAGRAMS:
        assert served.installation.get(f"/static/roads/{name}.svg") == 200


# --- the same down three roads ---------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_page_sends_all_three_and_its_connection_waits_for_the_gateway(
    served, client, monkeypatch
):
    monkeypatch.setattr(comparing, "SECONDS", 30)
    call_command("demo")
    client.force_login(user(SAM))
    cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}"
    with working():
        answer = posted(served, "/compare-roads", cookies)
    assert answer.status == 303
    ids = parse_qs(urlsplit(answer.headers["Location"]).query)["request"]
    rows = [Request.objects.get(id=id_) for id_ in ids]
    assert [each.road for each in rows] == ["awaited", "queued", "gateway"]
    assert [rows[0].status, rows[2].status] == ["succeeded", "succeeded"]
    assert rows[2].received_at - rows[0].received_at < timedelta(seconds=1)


def posted(server, path, cookies):
    """The answer to a form without fields."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        body = urlencode({"csrfmiddlewaretoken": "a" * 32})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body, headers)
        return connection.getresponse()
