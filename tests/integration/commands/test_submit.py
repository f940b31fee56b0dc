"""Any command from the shell: one outcome as JSON, and an exit code that tells its kind."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from commands.engine.errors import Busy, OutcomeUnknown
from commands.engine.models import Request
from tests.examples.connections import InThread
from tests.examples.installation import Installation
from tests.examples.queueing import work

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


# --- roads -----------------------------------------------------------------------------------


def test_a_dry_run_changes_nothing():
    code, said = submit("open_account", BODY, "--dry-run")
    assert (code, said["status"], said["request"]["position"]) == (0, "succeeded", None)
    assert not Request.objects.exists()
    assert submit("open_account", BODY)[0] == 0
    code, said = submit("open_account", BODY, "--dry-run")
    assert (code, said["code"]) == (1, "account-exists")


def test_it_may_be_done_later():
    code, said = submit("open_account", BODY, "--async")
    assert (code, said["status"], said["http_status"]) == (3, "accepted", 202)
    assert Request.objects.get(id=said["request"]["id"]).road == "queued"


@pytest.mark.django_db(transaction=True)
def test_it_may_wait_for_what_a_worker_makes_of_it():
    assert submit("open_account", BODY, "--wait", "1")[0] == 3
    for code, status in ((0, "succeeded"), (1, "refused")):
        body = BODY.replace("ann", "bob")
        asked = InThread(lambda body=body: submit("open_account", body, "--wait", "20"))
        work(until=lambda asked=asked: not asked.is_alive())
        ended, said = asked.result()
        assert (ended, said["status"]) == (code, status)


@pytest.mark.parametrize("wait", ["0", "61", "-1", "soon", "1.5"])
def test_it_waits_for_whole_seconds_that_end(wait):
    with pytest.raises(CommandError, match="seconds"):
        submit("open_account", BODY, f"--wait={wait}")


def test_it_goes_one_road():
    with pytest.raises(CommandError, match="not allowed with"):
        submit("open_account", BODY, "--async", "--wait", "5")
