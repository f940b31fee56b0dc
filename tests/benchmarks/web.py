"""Requests over HTTP: wrk asks our server and a site as Django's documentation would have it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measure import Figures
from tests.benchmarks.place import PEERS, reach
from tests.examples.connections import until
from tests.examples.installation import free_port
from tests.tree import ROOT

HERE = Path(__file__).parent
OURS_PATH, THEIR_PATH, EMPTY_PATH = "/api/v1/transfers", "/transfers", "/empty"
OURS_BODY = '{"from": "customers:%d", "to": "customers:%d", "amount": 1}'
THEIR_BODY = '{"source": %d, "target": %d, "amount": 1}'
THREADS = 4
"""Of the alternative's server under WSGI: tried as the best of 1, 4, 8 and 32."""


class Site:
    """A server that runs; `post` has wrk ask it."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, token: str = "") -> None:
        self._process, self.port, self._token = process, port, token
        self._warm: set[str] = set()

    @property
    def memory_mb(self) -> float:
        """What the process that answers has in memory; with workers, the last of them."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        status = Path(f"/proc/{children.split()[-1]}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return round(int(line.split()[1]) / 1024, 1)

    def post(
        self, path: str, body: str, connections: int, seconds: float, *, prefer: str = ""
    ) -> Figures:
        """So many connections, each of which asks again once it is answered."""
        if path + prefer not in self._warm:
            self._wrk(path, body, connections, 1, prefer)
            self._warm.add(path + prefer)
        found = json.loads(self._wrk(path, body, connections, seconds, prefer))
        if found["failed"]:
            raise RuntimeError(f"{found['failed']} requests for {path} failed")
        seconds = found["microseconds"] / 1e6
        return Figures(found["requests"] / seconds, found["p50"] / 1000, found["p99"] / 1000)

    def _wrk(self, path: str, body: str, connections: int, seconds: float, prefer: str) -> str:
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}", "--timeout", "30"]
        url = f"http://127.0.0.1:{self.port}{path}"
        environment = {**os.environ, "BODY": body, "PREFER": prefer}
        if self._token:
            environment["TOKEN"] = self._token
        done = subprocess.run(
            [wrk(), *options, "-s", str(HERE / "transfers.lua"), url],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.splitlines()[-1]


def wrk() -> str:
    """The load generator.

    Raises:
        SystemExit: it is not there; the message says how it comes.
    """
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("`make bench` needs wrk, a load generator: apt-get install wrk")
    return found


@contextmanager
def daybook(schema: str, token: str, workers: int = 1) -> Iterator[Site]:
    """Our server."""
    command = [sys.executable, "manage.py", "serve", "--workers", str(workers)]
    with _running(command, DAYBOOK_SCHEMA=schema) as (process, port):
        yield Site(process, port, token)


@contextmanager
def worker(schema: str) -> Iterator[None]:
    """A worker of ours."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_worker"], cwd=ROOT, stdout=log, stderr=log,
            start_new_session=True, env={**os.environ, "DAYBOOK_SCHEMA": schema},
        )  # fmt: skip
        try:
            yield
        finally:
            _stop(process)


@contextmanager
def crud(interface: str) -> Iterator[Site]:
    """The site of the alternative, on the same web server, by WSGI or ASGI."""
    threads = ["--blocking-threads", str(THREADS)] if interface == "wsgi" else []
    command = [str(Path(sys.executable).with_name("granian")), "--interface", interface, *threads]
    environment = {f"CRUD_{name.upper()}": str(value) for name, value in reach().items()}
    environment |= {"CRUD_OPTIONS": f"-c search_path={PEERS}", "CRUD_INTERFACE": interface}
    command += ["--working-dir", str(HERE), "--no-ws", "--log-level", "warning"]
    with _running([*command, f"crud:{interface}"], **environment) as (process, port):
        yield Site(process, port)


@contextmanager
def _running(
    command: list[str], **environment: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "PORT": str(port), "GRANIAN_PORT": str(port), **environment},
        )  # fmt: skip
        try:
            until(lambda: process.poll() is not None or _listens(port), "the server")
            if process.poll() is not None:
                log.seek(0)
                raise RuntimeError(log.read().decode())
            yield process, port
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server with all its processes, also one that would not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
