"""`db`: dumps go back where they came from, and elsewhere; no epoch is used a second time."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import psycopg
import pytest

from config.database import Embedded
from tests.examples.connections import until
from tests.examples.installation import Installation, open_folder, sql

POST = '{"from": "outside:bank", "to": "shop:sales", "amount": 1}'
SECOND = {"DAYBOOK_SCHEMA": "second_book"}
LAST = "SELECT max(position) FROM eventstore_event;"
DAYS = "daily_totals"


@pytest.fixture(scope="module")
def filled(made):
    """A home with the demo ledger, and its dump beside it."""
    with open_folder() as folder:
        subprocess.run(["cp", "-a", str(made), str(folder / "home")], check=True)
        installation = Installation(folder / "home")
        installation.manage("demo")
        viewer = ["olga", "--group", "view", "--password-stdin"]
        installation.manage("create_user", *viewer, text="enough to log in with")
        installation.manage("db", "dump", str(folder / "a dump"))
        installation.manage("verify", "seals", "--export-head", str(folder / "head.json"))
        yield folder


@pytest.fixture
def shop(filled, empty):
    """The demo ledger; nobody uses its database between two commands."""
    subprocess.run(["cp", "-a", str(filled / "home"), str(empty.home)], check=True)
    return empty


@pytest.fixture
def dump(filled):
    return filled / "a dump"


def asked(installation, path, token):
    """Status and body of an answer."""
    request = urllib.request.Request(
        path if path.startswith("http") else f"http://127.0.0.1:{installation.port}{path}",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def serving(installation):
    process = installation.start(sys.executable, "manage.py", "serve")
    installation.wait_until_ready(process)
    return process


def stop(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_a_cursor_of_before_a_restore_is_refused(shop, dump):
    token = shop.manage("create_token", "olga").strip()

    server = serving(shop)
    _, page = asked(shop, "/api/v1/accounts?limit=1", token)
    _, log = asked(shop, "/api/v1/events?limit=1", token)
    assert log["events"][0]["source"] == "/daybook/1"
    stop(server)

    shop.manage("db", "restore", str(dump), "--yes")
    token = shop.manage("create_token", "olga").strip()
    server = serving(shop)
    status, problem = asked(shop, f"/api/v1/accounts?limit=1&cursor={page['next']}", token)
    assert (status, problem["code"]) == (410, "log-restored")
    _, log = asked(shop, "/api/v1/events?limit=1", token)
    assert log["events"][0]["source"] == "/daybook/2"
    stop(server)


def test_the_same_dump_restored_again_begins_another_epoch(shop, dump):
    assert "epoch 2" in shop.manage("db", "restore", str(dump), "--yes")
    assert "epoch 3" in shop.manage("db", "restore", str(dump), "--yes")
    assert "epoch 4" in shop.manage("db", "acknowledge")


def test_what_was_noted_of_a_longer_log_is_found_out_and_put_right(shop, dump):
    """A checkpoint and a position of today, kept elsewhere, over the dump of yesterday."""
    shop.manage("submit", "post_transfer", POST)
    shop.manage("rebuild_projections", "daily_totals")
    kept = re.search(r"at position (\d+), as far", shop.manage("projections", "list", DAYS))[1]
    assert int(kept) == int(sql(shop, LAST).split()[-1])
    shop.manage("db", "restore", str(dump), "--yes")
    assert int(kept) > int(sql(shop, LAST).split()[-1])
    sql(
        shop,
        f"INSERT INTO eventstore_checkpoint VALUES ('projection.{DAYS}', {kept})"
        " ON CONFLICT (consumer) DO UPDATE SET position = excluded.position;",
    )
    assert "epoch 3" in shop.manage("db", "acknowledge")
    for _ in range(3):
        shop.manage("submit", "post_transfer", POST)
    assert f"{DAYS}: eventual, outdated" in shop.manage("projections", "list", DAYS)
    assert f"{DAYS}: " in shop.manage("rebuild_projections", "--changed")
    assert "as far as the log" in shop.manage("projections", "list", DAYS)
    shop.manage("verify")


def test_a_dump_is_restored_in_a_new_home(shop, dump):
    with open_folder() as folder:
        elsewhere = Installation(folder / "home")
        elsewhere.manage("db", "restore", str(dump), "--yes")
        assert sql(elsewhere, LAST) == sql(shop, LAST)
        elsewhere.manage("verify", "--against", str(dump.with_name("head.json")))
        elsewhere.manage("submit", "post_transfer", POST)
        elsewhere.manage("rebuild_projections")
        elsewhere.manage("verify")
        done = elsewhere.attempt("db", "shell", text="UPDATE eventstore_event SET type = 'x';")
        assert "permission denied" in done.stderr
        elsewhere.end()


def test_a_dump_of_two_books_is_restored_with_an_epoch_for_each(shop):
    shop.manage("migrate", "-v0", **SECOND)
    shop.manage("demo", **SECOND)
    dump = shop.home.parent / "a dump"
    shop.manage("db", "dump", str(dump))
    said = shop.manage("db", "restore", str(dump), "--yes")
    assert "Restored public. Its log is in epoch 2" in said
    assert "Restored second_book. Its log is in epoch 2" in said
    for environment in ({}, SECOND):
        shop.manage("submit", "post_transfer", POST, **environment)
        shop.manage("verify", **environment)


def test_a_dump_that_cannot_be_written_is_no_dump(shop):
    missing = shop.home.parent / "no folder" / "a dump"
    done = shop.attempt("db", "dump", str(missing))
    assert done.returncode == 1
    assert "The dump failed" in done.stderr
    assert not missing.exists()


def test_a_restore_of_nothing_is_a_sentence(shop):
    done = shop.attempt("db", "restore", str(shop.home.parent / "nothing"), "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("CommandError: There is no file")


def test_a_restore_changes_nothing_before_it_is_confirmed(shop, dump):
    shop.manage("submit", "post_transfer", POST)
    before = sql(shop, LAST)
    assert "Nothing was changed" in shop.attempt("db", "restore", str(dump), text="no\n").stderr
    assert sql(shop, LAST) == before


def test_another_server_is_left_to_its_own_tools(empty):
    url = "postgres://nobody@127.0.0.1:1/none"
    for action in (["start"], ["stop"], ["status"], ["shell"], ["dump", "x"]):
        done = empty.attempt("db", *action, DATABASE_URL=url)
        assert done.returncode == 1
        assert "DATABASE_URL names another server" in done.stderr


def test_programs_are_told_whether_it_runs(shop):
    status = json.loads(shop.manage("db", "status", "--json"))
    assert (status["running"], status["pid"]) == (False, None)
    assert status["place"].startswith(str(shop.home))


def test_the_shell_ends_as_its_script_did(shop):
    script = "\\set ON_ERROR_STOP on\nSELECT nonsense;"
    assert shop.attempt("db", "shell", text=script).returncode == 3
    assert "daybook_owner" in sql(shop, "SELECT current_user;", role="owner")


def test_books_do_not_wait_for_each_other_nor_wake_each_other(shop):
    shop.manage("migrate", "-v0", **SECOND)
    shop.manage("demo", **SECOND)
    embedded = Embedded(shop.home)
    embedded.ensure_running()
    reach = embedded.settings()
    try:
        with psycopg.connect(
            host=reach["HOST"], port=reach["PORT"], user=reach["USER"],
            password=reach["PASSWORD"], dbname=reach["NAME"], autocommit=True,
        ) as other:  # fmt: skip
            other.execute("LISTEN daybook_events_public")
            with other.transaction():
                other.execute(
                    "SELECT pg_advisory_xact_lock("
                    "hashtextextended('daybook.position ' || current_schema(), 0))"
                )
                shop.manage("submit", "post_transfer", POST, **SECOND)
                waiting = shop.start(sys.executable, "manage.py", "submit", "post_transfer", POST)
                until(lambda: waits(other) or waiting.poll() is not None, "a wait for the lock")
                assert waiting.poll() is None
            assert list(other.notifies(timeout=0)) == []
            assert waiting.wait(20) == 0
            assert len(list(other.notifies(timeout=10, stop_after=1))) == 1
    finally:
        embedded.leave()


def waits(connection):
    """Whether somebody waits for an advisory lock."""
    return connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")\
        .rowcount  # fmt: skip
