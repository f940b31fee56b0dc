"""`make run`: everything at once, and nothing left behind."""

import json
import os
import re
import signal
import socket

import pytest
from django.core.management.base import CommandError

from config.management.commands.serve import claim_port
from tests.examples.connections import until
from tests.examples.installation import SECONDS, Installation, open_folder, sql


@pytest.fixture
def installation():
    with open_folder() as folder:
        made = Installation(folder / "home")
        yield made
        made.end()


@pytest.fixture
def running(installation):
    process = installation.start()
    installation.wait_until_ready(process)
    return process


def stop(process, number=signal.SIGINT):
    os.kill(process.pid, number)
    return process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_stops_cleanly_and_runs_again(installation, running, number):
    token = installation.printed("Token")
    bearer = {"Authorization": f"Bearer {token}"}
    assert installation.get("/api/v1/accounts/customers:ada", **bearer) == 200
    assert installation.get("/api/v1/accounts") == 401
    assert installation.get("/login") == 200
    assert stop(running, number) == 0
    until(lambda: not installation.processes(), "the end of every process")

    again = installation.start()
    installation.wait_until_ready(again)
    assert "Password" not in installation.output.read_text()
    assert "create_token demo" in installation.output.read_text()
    assert installation.get("/api/v1/accounts/customers:ada", **bearer) == 200
    assert stop(again, number) == 0
    until(lambda: not installation.processes(), "the end of every process")


def test_its_login_owns_accounts_and_anybody_may_open_one_unless_a_setting_says_no(
    installation, running
):
    bearer = {"Authorization": f"Bearer {installation.printed('Token')}"}
    of_ada, of_sales, of_grace = (
        json.loads(installation.asked(f"/api/v1/accounts/{code}", **bearer)[1])["owner"]
        for code in ("customers:ada", "shop:sales", "customers:grace")
    )
    assert (of_ada is not None, of_sales, of_grace) == (True, of_ada, None)
    installation.manage("create_user", "eve", "--password-stdin", text="correct horse battery\n")
    eve = {"Authorization": f"Bearer {installation.manage('create_token', 'eve').strip()}"}
    account = {"code": "customers:eve", "name": "Eve", "currency": "EUR"}
    assert installation.asked("/api/v1/accounts", account, **eve)[0] == 201
    assert stop(running) == 0

    installation.environment["DAYBOOK_SELF_SERVICE"] = "off"
    again = installation.start()
    installation.wait_until_ready(again)
    account["code"] = "customers:eve:savings"
    assert installation.asked("/api/v1/accounts", account, **eve)[0] == 403
    assert stop(again) == 0


def test_whoever_is_stopped_in_the_first_start_begins_it_again(installation):
    """The login is there first, and nobody has been told its password."""
    installation.manage("migrate", "--verbosity", "0")
    about = {"username": "demo", "is_staff": True, "is_superuser": True}
    code = f"from commands.access.models import User; User.objects.create(**{about})"
    installation.manage("shell", "-v0", "-c", code)
    process = installation.start()
    installation.wait_until_ready(process)
    bearer = {"Authorization": f"Bearer {installation.printed('Token')}"}
    assert installation.printed("Password")
    assert installation.get("/api/v1/accounts/outside:bank", **bearer) == 200
    assert stop(process) == 0


def test_a_dead_child_is_started_again(installation, running):
    (server,) = installation.processes("manage.py serve")[:1] or [0]
    for pid in installation.processes("manage.py serve"):
        os.kill(pid, signal.SIGKILL)
    until(
        lambda: server not in installation.processes() and installation.get("/healthz") == 200,
        "another web server",
    )
    assert stop(running) == 0


def test_children_do_not_outlive_a_killed_parent(installation, running):
    os.kill(running.pid, signal.SIGKILL)
    running.wait(20)
    until(
        lambda: not {*installation.processes("serve"), *installation.processes("run_worker")},
        "the end of the children",
    )
    again = installation.start()
    installation.wait_until_ready(again)
    assert stop(again) == 0


def test_a_port_in_use_is_one_sentence(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        done = installation.attempt("run")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"CommandError: Port {installation.port} is in use: choose another with PORT=….\n"
    )


def test_what_other_code_made_is_made_anew_before_it_is_served(installation, running):
    """As after an update in development: nobody has to know of `rebuild_projections`.

    One that cannot be made keeps nobody from the others.
    """
    assert stop(running) == 0
    sql(
        installation,
        "UPDATE projections_projectionstate SET fingerprint = 'of older code'"
        " WHERE name IN ('balances', 'daily_totals', 'holds');"
        "CREATE VIEW held AS SELECT id FROM ledger_hold;"
        "UPDATE ledger_balance SET debits = debits + 1;",
    )
    again = installation.start()
    until(lambda: installation.get("/login") == 200, "the pages", seconds=SECONDS)
    assert installation.get("/readyz") == 503
    said = installation.output.read_text()
    made = re.findall(r"^(\w+): [\d,]+ events in ", said, re.MULTILINE)
    assert sorted(made) == ["balances", "daily_totals"]
    assert "ledger_hold has the view held" in said
    bearer = {"Authorization": f"Bearer {installation.manage('create_token', 'demo').strip()}"}
    assert installation.get("/api/v1/accounts/customers:ada", **bearer) == 200
    sql(installation, "DROP VIEW held")
    installation.manage("rebuild_projections", "--changed")
    assert installation.get("/readyz") == 200
    assert stop(again) == 0
    assert "Nothing differs" in installation.manage("verify")


def test_two_that_start_in_the_same_moment_do_not_share_a_port():
    refused = pytest.raises(CommandError, match="Port 1 is in use")
    with claim_port("127.0.0.1", 1), claim_port("127.0.0.1", 2), refused:
        claim_port("127.0.0.1", 1)
    claim_port("127.0.0.1", 1).close()
