"""Whatever is killed or interrupted: no process is left behind, and no ledger goes out of sight."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from config.cluster import Cluster
from tests.examples.connections import until
from tests.examples.installation import Installation, open_folder, server, sql, user

COUNT = "SELECT count(*) FROM eventstore_event;"


@pytest.fixture
def running(installation):
    process = installation.start()
    installation.wait_until_ready(process)
    return process


def stop(installation, process):
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    until(lambda: not installation.processes(), "the end of every process")


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


@pytest.mark.parametrize("which", ["the server", "its worker"])
def test_a_web_server_of_which_one_process_is_killed_is_started_again(installation, running, which):
    web = installation.processes("manage.py serve")
    (main,) = [pid for pid in web if parent(pid) == running.pid]
    (worker,) = [pid for pid in web if pid != main]
    os.kill(main if which == "the server" else worker, signal.SIGKILL)
    until(lambda: not set(web) & set(installation.processes()), "the end of the old web server")
    until(lambda: installation.get("/healthz") == 200, "another web server")
    stop(installation, running)


def test_a_killed_database_is_started_again_for_those_who_use_it(installation, running):
    killed = server(installation)
    os.kill(killed, signal.SIGKILL)
    until(lambda: server(installation) not in (None, killed), "another database server")
    until(lambda: installation.get("/readyz") == 200, "readiness")
    stop(installation, running)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_leaves_nothing_when_interrupted_while_it_starts(empty, number):
    process = empty.start()
    until(lambda: server(empty), "the database's start")
    process.send_signal(number)
    assert process.wait(20) == 128 + number
    assert "Traceback" not in empty.output.read_text()
    until(lambda: not empty.processes(), "the end of every process")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_web_server_alone_takes_the_database_with_it(installation, number):
    process = installation.start(sys.executable, "manage.py", "serve")
    installation.wait_until_ready(process)
    process.send_signal(number)
    assert process.wait(20) == 0
    until(lambda: not installation.processes(), "the end of every process")


def test_users_that_differ_in_tmpdir_share_a_server():
    with open_folder() as folder, tempfile.TemporaryDirectory() as other:
        deep = folder / ("d" * 60) / ("e" * 60)
        deep.mkdir(parents=True)
        one = Installation(deep / "home")
        first = user(one)
        try:
            assert "1" in one.manage("db", "shell", text="SELECT 1;", TMPDIR=other)
        finally:
            first.communicate(timeout=20)
            one.end()
            shutil.rmtree(Cluster(one.home).socket_folder, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_a_folder_closed_later_does_not_put_an_empty_ledger_in_place_of_the_old(installation):
    installation.manage("demo")
    events = sql(installation, COUNT)
    installation.home.parent.chmod(0o700)
    done = installation.attempt("db", "shell", text=COUNT)
    assert done.returncode == 1
    assert "cannot write to" in done.stderr
    installation.home.parent.chmod(0o755)
    assert sql(installation, COUNT) == events


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_a_strict_umask_keeps_the_server_out_of_nothing_it_needs(tmp_path):
    hidden = Installation(tmp_path / "home")
    before = os.umask(0o077)
    try:
        assert "1" in hidden.manage("db", "shell", text="SELECT 1;")
    finally:
        os.umask(before)
        hidden.end()
        shutil.rmtree(Cluster(hidden.home).place, ignore_errors=True)
