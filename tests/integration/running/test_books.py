"""The books in an embedded database: whose they are, dumped, restored, and side by side."""

import json
import signal
import sys

from tests.examples.connections import until
from tests.examples.installation import SECONDS, leave, sql, user
from tests.tree import ROOT


def test_the_application_may_add_events_and_never_change_one(installation):
    installation.manage("demo")
    for statement in (
        "UPDATE eventstore_event SET type = 'x'",
        "DELETE FROM eventstore_event",
        "TRUNCATE eventstore_event",
        "ALTER TABLE eventstore_event DISABLE TRIGGER ALL",
        "DROP TRIGGER eventstore_no_change ON eventstore_event",
        "DROP TABLE eventstore_event",
    ):
        script = f"\\set ON_ERROR_STOP on\n{statement};"
        done = installation.attempt("db", "shell", text=script)
        assert done.returncode != 0, statement
        assert "permission denied" in done.stderr or "must be owner" in done.stderr
    owned = "SELECT tableowner FROM pg_tables WHERE tablename = '{}'"
    assert "daybook_owner" in sql(installation, owned.format("eventstore_event"))
    assert sql(installation, owned.format("ledger_balance")).split()[-1] == "daybook"
    installation.manage("migrate", "-v0")
    installation.manage("rebuild_projections")
    installation.manage("verify")


def test_a_dump_is_restored_in_the_next_epoch(installation, tmp_path):
    installation.manage("demo")
    count = "SELECT count(*) FROM eventstore_event"
    before = sql(installation, count)
    dump, early, late = (tmp_path / name for name in ("a dump", "early.json", "late.json"))
    installation.manage("verify", "--export-head", str(early))
    assert "Everything is in" in installation.manage("db", "dump", str(dump))
    installation.manage(
        "submit", "post_transfer", '{"from": "outside:bank", "to": "shop:sales", "amount": 1}'
    )
    assert sql(installation, count) != before
    installation.manage("verify", "--export-head", str(late))
    busy = user(installation)
    refused = installation.attempt("db", "restore", str(dump), "--yes")
    assert "in use" in refused.stderr
    leave(busy)
    assert "epoch 2" in installation.manage("db", "restore", str(dump), "--yes")
    assert sql(installation, count) == before
    said = installation.manage("verify", "--against", str(early))
    assert f"The log is in epoch 2, the head in {early} is of epoch 1." in said
    lost = installation.attempt("verify", "--against", str(late))
    assert lost.returncode == 1
    assert "its tail was cut off; it was restored since, to epoch 2" in lost.stdout
    assert "not a dump" in installation.attempt("db", "restore", str(ROOT / "README.md")).stderr


def test_the_worker_keeps_heads_in_a_folder_and_verify_takes_them(installation):
    installation.manage("demo")
    installation.manage("migrate", "-v0")
    folder = installation.home / "heads"
    folder.mkdir()
    installation.environment["DAYBOOK_HEADS_FOLDER"] = str(folder)
    worker = installation.start(sys.executable, "manage.py", "run_worker")
    (file,) = until(lambda: list(folder.glob("*.json")), "a head in the folder", seconds=SECONDS)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(SECONDS) == 0
    said = installation.manage("verify", "seals", "--against", str(file))
    assert f"head {json.loads(file.read_text())['position']} of epoch 1 ok" in said


def test_a_log_that_may_have_lost_events_is_not_served_before_somebody_says_so(installation):
    """As after a restore elsewhere: another server, and the last head known here is not in it."""
    installation.manage("demo")
    installation.manage("migrate", "-v0")
    code = "from eventstore import epoch; epoch.doubts(); epoch.remember_head()"
    installation.manage("shell", "-c", code)
    sql(installation, "UPDATE eventstore_epoch SET system_identifier = '1';")
    installation.manage("shell", "-c", "from eventstore import epoch; assert epoch.doubts() == []")
    assert "1" in sql(installation, "SELECT max(number) FROM eventstore_epoch;")

    sql(installation, "UPDATE eventstore_epoch SET timeline = 99;")
    (installation.home / "head.public.json").write_text('{"position": 1000000, "seal": "00"}')
    for command in ("serve", "run_worker", "run"):
        done = installation.attempt(command)
        assert done.returncode == 1
        assert "db acknowledge" in done.stderr
    assert "epoch 2" in installation.manage("db", "acknowledge")
    installation.manage("shell", "-c", "from eventstore import epoch; assert epoch.doubts() == []")


def test_two_books_live_side_by_side_in_one_database(installation):
    other = {"DAYBOOK_SCHEMA": "second_book"}
    installation.manage("migrate", "-v0", **other)
    installation.manage("demo")
    assert "does not exist" not in installation.attempt("demo", **other).stderr
    for environment in ({}, other):
        installation.manage("verify", **environment)
    body = '{"from": "outside:bank", "to": "shop:sales", "amount": 1}'
    installation.manage("submit", "post_transfer", body, **other)
    count = "SELECT (SELECT max(position) FROM public.eventstore_event), max(position)"
    first, _, second = sql(installation, f"{count} FROM second_book.eventstore_event;").split()[-3:]
    assert int(second) == int(first) + 3
    count = "SELECT (SELECT max(position) FROM public.daybook_entries), max(position)"
    ours, _, theirs = sql(installation, f"{count} FROM second_book.daybook_entries;").split()[-3:]
    assert int(ours) < int(theirs) == int(second)


def test_an_unsafe_server_is_used_by_nobody(installation):
    for role in ("app", "owner"):
        sql(installation, "ALTER ROLE CURRENT_USER SET synchronous_commit = off;", role)
    for command in ("serve", "run_worker", "run", "migrate"):
        done = installation.attempt(command)
        assert done.returncode == 1
        assert "synchronous_commit is off; a ledger needs it on." in done.stderr
    done = installation.attempt("submit", "x", "{}")
    assert done.returncode == 4
    assert "synchronous_commit is off; a ledger needs it on." in done.stdout
