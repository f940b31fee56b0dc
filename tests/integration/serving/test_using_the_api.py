"""docs/api.md: each command and program does what the text says, as a newcomer would run it."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from commands.access.models import User
from config.essays import DOCS
from config.openapi import document
from tests.examples.curl import examples, ran, unlike
from tests.examples.factories import user
from tests.examples.people import SAM
from tests.examples.serving import working
from tests.tree import ROOT

TEXT = (DOCS / "api.md").read_text(encoding="utf-8")
EXAMPLES = examples(TEXT)
PROGRAM = "\n".join(re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
MANAGE = re.findall(r"^python manage\.py (.+)$", TEXT, re.MULTILINE)
SAID = {
    '"name": "Alan",': '"code":"customers:alan"',
    '"1251"': "insufficient-funds",
    "dry_run": '"position":null',
    "?wait=": '"status":"succeeded"',
    "types=": '"type":"ledger.account_opened"',
}
"""What its sentences say of the answers to some of its commands."""


@pytest.fixture
def variables(transactional_db, served):
    """The demo ledger, met with a token that is made as the text says."""
    call_command("demo")
    User.objects.filter(id=user(SAM).id).update(username="demo")
    token = StringIO()
    call_command(*MANAGE[0].split(), stdout=token)
    return {"API": f"{served.url}/api/v1", "TOKEN": token.getvalue().strip(), "REQUEST": ""}


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing")
def test_its_commands_are_answered_as_it_says(variables):
    assert len(EXAMPLES) == 14
    with working():
        for command, expected in EXAMPLES:
            answer = ran(command, variables)
            assert expected
            assert unlike(answer, expected) == [], command + answer
            if found := re.search(r"^location: .*/(\S+)", answer, re.MULTILINE | re.IGNORECASE):
                variables["REQUEST"] = found[1]
            for part, said in SAID.items():
                assert part not in command or "HTTP/1.1 4" in answer or said in answer, answer


def test_its_program_runs(variables):
    """With what stands in the text and in Python, and nothing else."""
    with working():
        done = subprocess.run(
            [sys.executable, "-I", "-W", "error", "-c", PROGRAM],
            env=os.environ | variables, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert PROGRAM.count("assert ") > 8


def test_what_it_leads_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (DOCS / target).exists(), target
    assert "(docs/api.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_exports_go_on_where_they_ended(variables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exports = [command for command in MANAGE if command.startswith("export")]
    assert len(exports) == 2
    for command in exports:
        with_place = command.replace("$(cat place)", _read("place"))
        arguments, _, files = with_place.partition(" > ")
        out, error = StringIO(), StringIO()
        call_command(*shlex.split(arguments), stdout=out, stderr=error)
        lines, _, place = files.partition(" 2> ")
        (tmp_path / lines).write_text(out.getvalue(), encoding="utf-8")
        (tmp_path / place).write_text(error.getvalue(), encoding="utf-8")
    assert _read("1.jsonl").count("\n") > 50
    assert (_read("2.jsonl"), _read("next")) == ("", _read("place"))


def _read(name):
    path = Path(name)
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.mark.django_db
def test_everybody_can_read_it():
    assert 'href="/how-to-use-the-api"' in Client().get("/login").text
    assert document()["externalDocs"]["url"] == "/how-to-use-the-api"
    page = Client().get("/how-to-use-the-api").text
    assert "<h1>Use the API</h1>" in page
    assert 'href="/problems/"' in page
    assert 'href="/how-it-answers"' in page
    assert '.md"' not in page, "a text that is no page is not linked to"
    assert not re.search(r"<script|<style|style=", page)
    assert 'src="pictures/' not in page, "a picture of docs/ is no file of the pages"
