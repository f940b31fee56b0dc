"""The real web server, on the database that the tests fill."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from commands.access.models import Token
from tests.examples.connections import database_url, until
from tests.examples.factories import user
from tests.examples.installation import SECONDS, Installation
from tests.examples.people import SAM
from tests.tree import ROOT


@contextmanager
def serving(**environment: str) -> Iterator["Server"]:
    """`manage.py serve`, as a process of its own with a home of its own."""
    with tempfile.TemporaryDirectory(prefix="served ") as folder:
        server = Server(Path(folder), environment)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def working(**environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`manage.py run_worker`, as a process of its own with a home of its own; it may be killed."""
    with tempfile.TemporaryDirectory(prefix="worked ") as folder:
        log = Path(folder) / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "run_worker"], cwd=ROOT, stdout=output, stderr=output,
                env=_environment(Path(folder)) | environment,
            )  # fmt: skip
        try:
            yield process
        finally:
            assert process.poll() in (None, -signal.SIGKILL), log.read_text()
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)


def _environment(home: Path) -> dict[str, str]:
    """What makes a process of the product use the database of the tests."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DAYBOOK_HOME": str(home),
        "SECRET_KEY": settings.SECRET_KEY,
    }


class Server:
    """A running server; `url` is where it is."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.installation = Installation(home)
        self.port = self.installation.port
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "log"
        self._environment = {**_environment(home), "PORT": str(self.port), **environment}

    def start(self) -> None:
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT, env=self._environment, stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: self._process.poll() is not None or self._answers(), "the server", SECONDS)
        assert self._process.poll() is None, self.log.read_text()

    def _answers(self) -> bool:
        return self.installation.get("/healthz") == 200

    def stop(self) -> None:
        self.tell_to_stop()
        self._process.wait(SECONDS)

    def tell_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def connect(self) -> socket.socket:
        """A bare connection, to send what no library would."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    @property
    def pid(self) -> int:
        """The process that answers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(children.read_text().split()[-1])


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


class Client:
    """An API client over one connection."""

    def __init__(self, served, person=SAM):
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        self.headers = {"Authorization": f"Bearer {Token.issue(user(person))}"}

    def ask(self, method, path, body=None, **headers):
        text = None if body is None else json.dumps(body)
        sent = {"Content-Type": "application/json"} if text else {}
        self.connection.request(method, path, text, {**self.headers, **sent, **headers})
        answer = self.connection.getresponse()
        answer.content = answer.read()
        return answer
