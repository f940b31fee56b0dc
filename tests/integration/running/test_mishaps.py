"""What goes wrong at the shell ends in a sentence and an exit code, never in a traceback."""

import signal
import subprocess
import sys

import pytest

from tests.examples.connections import until
from tests.examples.installation import sql
from tests.tree import ROOT


@pytest.mark.parametrize("command", ["serve", "run_worker"])
def test_servers_need_every_migration(installation, command):
    sql(installation, "DELETE FROM django_migrations WHERE app = 'sessions';", role="owner")
    done = installation.attempt(command)
    assert done.returncode == 1
    assert done.stderr == "CommandError: 1 migrations are missing: run manage.py migrate.\n"


def test_a_question_at_the_end_of_the_input_is_a_sentence(installation, tmp_path):
    dump = tmp_path / "dump"
    installation.manage("db", "dump", str(dump))
    done = installation.attempt("db", "restore", str(dump))
    assert done.returncode == 1
    assert "An answer was needed" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["create_user", "create_token", "revoke_token"])
def test_an_argument_that_is_no_text_is_a_sentence(installation, command):
    words = ["--group", "caf\udce9"] if command == "create_user" else []
    done = installation.attempt(command, "caf\udce9", *words)
    assert done.returncode == 1
    assert done.stderr == "This is not UTF-8: 'caf\\udce9'\n"


@pytest.mark.parametrize("given", ["", "a long password\n"])
def test_a_password_is_not_asked_for_where_there_is_no_terminal(installation, given):
    done = subprocess.run(
        [sys.executable, "manage.py", "create_user", "sam"],
        cwd=ROOT, env=installation.environment, input=given, capture_output=True,
        text=True, check=False, start_new_session=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "CommandError: There is no terminal to ask for the password: give --password-stdin, and"
        " the password as the first line of standard input.\n"
    )


def test_who_has_read_enough_of_an_export_is_not_complained_to(installation):
    installation.manage("demo")
    writer = subprocess.Popen(
        [sys.executable, "manage.py", "export", "--format", "jsonl"],
        cwd=ROOT, env=installation.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    writer.stdout.readline()
    writer.stdout.close()
    complaint = writer.stderr.read()
    writer.stderr.close()
    assert writer.wait(20) in (0, 128 + signal.SIGPIPE)
    assert complaint == b""


def test_an_import_that_is_interrupted_says_how_to_go_on(installation, tmp_path):
    rows = "".join(f"customers:{n},Name,EUR,,0,\n" for n in range(60_000))
    file = tmp_path / "accounts.csv"
    file.write_text(f"code,name,currency,normal_balance,overdraft_limit,owner\n{rows}")
    process = installation.start(sys.executable, "manage.py", "import_accounts", str(file))
    counted = "SELECT count(*) > 300 FROM commands_request;"
    until(lambda: sql(installation, counted).split()[-1] == "t", "some rows")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 128 + signal.SIGINT
    said = installation.output.read_text()
    assert "The same command again goes on." in said
    assert "Traceback" not in said


def test_a_script_that_fails_says_so_by_its_exit_code(installation):
    done = installation.attempt("db", "shell", text="SELECT 1/0;\nSELECT 'went on';")
    assert done.returncode not in (0, None)
    assert "division by zero" in done.stderr
    assert "went on" not in done.stdout
