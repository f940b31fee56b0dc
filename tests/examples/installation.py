"""An installation of its own: a home, a free port, and Daybook run there as a person would."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.cluster import Cluster
from tests.examples.connections import until
from tests.tree import ROOT

SECONDS = 60
"""For a process to start, or to end: on a busy machine either takes long."""


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder, with a space in its name, that every account can reach: pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="day book "))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """A DAYBOOK_HOME with the embedded database, apart from whatever else runs."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
        self.environment = {**inherited, "DAYBOOK_HOME": str(home), "PORT": str(self.port)}

    def manage(self, *arguments: str, text: str = "", **environment: str) -> str:
        """What a management command prints; it must succeed."""
        done = self.attempt(*arguments, text=text, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempt(
        self, *arguments: str, text: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment | environment, input=text, capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a long-running command; its output goes to a file of the home."""
        self.home.mkdir(exist_ok=True)
        with self.output.open("w") as output:
            return subprocess.Popen(
                command or [sys.executable, "manage.py", "run"],
                cwd=ROOT, env=self.environment, stdout=output, stderr=output, text=True,
                start_new_session=True, preexec_fn=_hear_interrupts,
            )  # fmt: skip

    @property
    def output(self) -> Path:
        return self.home / "output.txt"

    def printed(self, label: str) -> str:
        """What was printed behind a label such as `Token:`."""
        found = re.search(rf"^{label}:\s+(\S+)$", self.output.read_text(), re.MULTILINE)
        assert found, self.output.read_text()
        return found[1]

    def wait_until_ready(self, process: "subprocess.Popen[str]") -> None:
        until(
            lambda: process.poll() is not None or self.get("/readyz") == 200,
            "readiness",
            seconds=SECONDS,
        )
        assert process.poll() is None, self.output.read_text()

    def get(self, path: str, **headers: str) -> int:
        """The status of an answer; 0 when nobody answers."""
        try:
            return self.asked(path, **headers)[0]
        except OSError:
            return 0

    def asked(self, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """The status of an answer and what it says; a body is sent as JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Content-Type": "application/json"} if data else {}
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def processes(self, word: str = "") -> list[int]:
        """The processes that belong to this home: its server's, or started with it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
                environment = (folder / "environ").read_bytes().decode(errors="replace")
                here = str((folder / "cwd").readlink())
            except OSError:
                continue
            mine = f"DAYBOOK_HOME={self.home}\0" in environment or here.startswith(str(self.home))
            if mine and word in command.replace("\0", " ") and int(folder.name) != os.getpid():
                found.append(int(folder.name))
        return found

    def end(self) -> None:
        """Whatever a test left running."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue


def _hear_interrupts() -> None:
    """A shell's background job ignores SIGINT, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def server(installation):
    """The server's process; None when it does not run."""
    return Cluster(installation.home).pid()


def sql(installation, statement, role="app"):
    script = f"\\pset tuples_only\n{statement}"
    return installation.manage("db", "shell", "--role", role, text=script)


def user(installation):
    """A process that uses the server until its input ends."""
    code = (
        "import django, sys; django.setup(); from django.db import connection;"
        "connection.ensure_connection(); print('using', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=installation.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
    )  # fmt: skip
    assert process.stdout.readline() == "using\n"
    return process


def leave(process):
    process.communicate(timeout=20)
    assert process.returncode == 0
