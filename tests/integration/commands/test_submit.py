"""Any command from the shell: one outcome as JSON, and an exit code that tells its kind."""

import io
import json

import pytest
from django.core.management import call_command

from commands.engine.errors import Busy, OutcomeUnknown
from commands.engine.models import Request
from tests.examples.installation import Installation

pytestmark = pytest.mark.django_db

BODY = '{"code": "ann", "name": "Ann", "currency": "EUR"}'


def submit(*words, **options):
    """The exit code and what was printed."""
    output = io.StringIO()
    try:
        call_command("submit", *words, stdout=output, **options)
    except SystemExit as end:
        return end.code, json.loads(output.getvalue())
    return 0, json.loads(output.getvalue())


def test_it_ends_by_what_came_of_it():
    code, said = submit("open_account", BODY)
    assert (code, said["status"], said["account"]["code"]) == (0, "succeeded", "ann")
    code, said = submit("open_account", BODY)
    assert (code, said["status"], said["code"]) == (1, "refused", "account-exists")
    code, said = submit("open_account", BODY[:-1])
    assert (code, said["status"]) == (2, "malformed")


def test_several_commands_are_sent_as_one():
    asked = {"atomic": True, "commands": [{"command": "open_account", "data": json.loads(BODY)}]}
    code, said = submit("bulk", json.dumps(asked), key="k")
    assert (code, said["status"], said["outcomes"][0]["status"]) == (0, "succeeded", 201)
    assert submit("bulk", json.dumps(asked), key="k")[1]["replayed"]
    code, said = submit("bulk", json.dumps(asked))
    assert (code, said["code"], said["facts"]["index"]) == (1, "account-exists", 0)


@pytest.mark.parametrize("name", ["nobody", "caf\udce9"])
def test_a_user_there_is_not_is_malformed_input(name):
    code, said = submit("open_account", BODY, user=name)
    assert (code, said["status"]) == (2, "malformed")
    assert "There is no user" in said["errors"][0]["detail"]
    assert not Request.objects.exists()


@pytest.mark.parametrize("name", ["nothing", "caf\udce9"])
def test_a_command_there_is_not_is_malformed_input(name):
    code, said = submit(name, BODY)
    assert (code, said["status"]) == (2, "malformed")
    assert "There is no command" in said["errors"][0]["detail"]


@pytest.mark.parametrize("error", [Busy(), OutcomeUnknown(request="7")])
def test_a_command_without_an_outcome_has_failed(monkeypatch, error):
    def dispatch(asked):
        raise error

    monkeypatch.setattr("commands.engine.management.commands.submit.dispatch", dispatch)
    code, said = submit("open_account", BODY)
    assert (code, said["status"], said["code"]) == (4, "failed", error.code)


@pytest.mark.parametrize("reach", [{"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, {}])
def test_a_database_that_does_not_answer_has_failed(tmp_path, reach):
    """Another's, or the embedded one where it cannot start."""
    (tmp_path / "database.lock").mkdir()
    apart = Installation(tmp_path)
    done = apart.attempt("submit", "open_account", BODY, **reach)
    assert (done.returncode, done.stderr) == (4, "")
    said = json.loads(done.stdout)
    assert (said["status"], said["code"]) == ("failed", "unavailable")
    assert said["detail"].startswith("The database fails: ")
