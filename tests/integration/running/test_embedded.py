"""The embedded database: shared by those who use it, and told in sentences when it cannot be."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.cluster import MAX_SOCKET_PATH, Cluster
from tests.examples.connections import until
from tests.examples.installation import Installation, leave, server, sql, user
from tests.tree import ROOT

SETTINGS = """
SELECT name || '=' || setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit',
    'full_page_writes', 'data_checksums', 'listen_addresses') ORDER BY 1"""


def test_it_keeps_what_it_was_told_on_a_socket_alone(installation):
    assert sql(installation, SETTINGS).split()[-5:] == [
        "data_checksums=on", "fsync=on", "full_page_writes=on", "listen_addresses=",
        "synchronous_commit=on",
    ]  # fmt: skip


def test_it_stops_with_the_last_who_uses_it(installation):
    first, second = user(installation), user(installation)
    running = server(installation)
    leave(first)
    assert server(installation) == running
    installation.manage("verify", "positions")
    assert server(installation) == running
    leave(second)
    assert server(installation) is None


def test_a_user_that_was_killed_does_not_keep_it_and_does_not_stop_it(installation):
    killed, other = user(installation), user(installation)
    running = server(installation)
    killed.kill()
    killed.communicate()
    assert server(installation) == running
    leave(other)
    assert server(installation) is None


def test_a_server_left_by_a_killed_user_is_used_again(installation):
    killed = user(installation)
    running = server(installation)
    killed.kill()
    killed.communicate()
    again = user(installation)
    assert server(installation) == running
    leave(again)
    assert server(installation) is None


def test_two_that_start_at_once_do_no_harm(empty):
    empty.home.mkdir()
    command = [sys.executable, "manage.py", "db", "status"]
    shell = [sys.executable, "manage.py", "db", "shell"]
    both = [
        subprocess.Popen(
            each,
            cwd=ROOT,
            env=empty.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for each in (shell, shell, command)
    ]
    for each in both:
        _, errors = each.communicate(timeout=60)
        assert each.returncode == 0, errors
    assert server(empty) is None


@pytest.mark.parametrize("stranger", [True, False])
def test_a_stale_pid_file_is_recognised(installation, stranger):
    left = user(installation)
    os.kill(server(installation), signal.SIGKILL)
    left.kill()
    left.communicate()
    pid_file = installation.home / "postgres" / "data" / "postmaster.pid"
    assert pid_file.exists()
    if stranger:
        lines = pid_file.read_text().split("\n")
        until(lambda: server(installation) is None, "the end of the old server")
        pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert "1" in sql(installation, "SELECT 1;")


def test_it_stays_when_it_was_started_to_stay(installation):
    assert "runs as process" in installation.manage("db", "start")
    running = server(installation)
    installation.manage("verify", "positions")
    assert server(installation) == running
    assert "does not run" in installation.manage("db", "stop")
    assert server(installation) is None


def test_what_was_started_to_stay_does_not_outlive_its_server(installation):
    """As after a reboot: the file that says so is there, the server is another."""
    installation.manage("db", "start")
    os.kill(server(installation), signal.SIGKILL)
    until(lambda: server(installation) is None, "the end of the server")
    installation.manage("verify", "positions")
    assert server(installation) is None


def test_a_lost_database_is_not_replaced_by_an_empty_one(installation):
    data = installation.home / "postgres" / "data"
    data.rename(installation.home / "elsewhere")
    done = installation.attempt("verify")
    assert done.returncode == 1
    assert f"{data} is gone, though a database was made there" in done.stderr
    assert not data.exists()
    (installation.home / "elsewhere").rename(data)
    installation.manage("verify")


def test_a_lost_database_may_be_begun_anew(installation):
    postgres = installation.home / "postgres"
    shutil.rmtree(postgres / "data")
    (postgres / "ready").unlink()
    installation.manage("migrate", "-v0")
    installation.manage("verify")


def test_a_database_with_other_passwords_is_a_sentence(installation):
    secret = installation.home / "database_secret"
    kept = secret.read_text()
    secret.unlink()
    done = installation.attempt("verify")
    assert done.returncode == 1
    assert f"in {installation.home / 'postgres'} has the passwords of another" in done.stderr
    secret.write_text(kept)
    installation.manage("verify")


def test_a_long_path_gets_a_short_socket(empty):
    deep = empty.home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    long = Installation(deep / "home")
    try:
        folder = Cluster(long.home).socket_folder
        assert len(str(long.home / "postgres" / "socket")) > MAX_SOCKET_PATH
        assert len(str(folder)) < MAX_SOCKET_PATH
        assert "1" in sql(long, "SELECT 1;")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        shutil.rmtree(folder)
    finally:
        long.end()


def test_another_major_version_is_a_sentence(installation):
    version = installation.home / "postgres" / "data" / "PG_VERSION"
    version.write_text("9\n")
    done = installation.attempt("verify")
    assert done.returncode == 1
    assert "was made by PostgreSQL 9, this is" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_home_that_cannot_be_is_a_sentence(tmp_path):
    file = tmp_path / "file"
    file.touch()
    done = Installation(file).attempt("verify")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system")
def test_no_space_is_a_sentence(empty):
    small = empty.home
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        done = empty.attempt("migrate")
        assert done.returncode == 1
        assert "no space left" in done.stderr.lower()
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_changes_the_permissions_of_nothing_it_did_not_make(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    hidden = Installation(closed / "home")
    before = {path: path.stat() for path in (tmp_path, closed)}
    place = Cluster(hidden.home).place
    try:
        assert place.parent == Path("/var/lib/daybook")
        assert str(place) in hidden.manage("db", "start")
        assert place.stat().st_uid != 0
        for path, was in before.items():
            now = path.stat()
            assert (now.st_mode, now.st_uid) == (was.st_mode, was.st_uid)
        hidden.manage("db", "stop")
        shutil.rmtree(hidden.home)
        done = hidden.attempt("verify")
        assert f"The database in {place} has the passwords of another" in done.stderr
    finally:
        hidden.end()
        shutil.rmtree(place, ignore_errors=True)
