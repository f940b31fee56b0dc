"""The README's first page, done as a newcomer would: `make run`, then its commands."""

import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.examples.connections import until

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("make")), reason="curl or make is missing"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """`make run` on a free port and a home of its own; its environment and port."""
    port, home = free_port(), tmp_path_factory.mktemp("a home")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
    environment |= {"PORT": str(port), "DAYBOOK_HOME": str(home)}
    with (home / "output").open("w+") as output:
        server = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            until(lambda: ready(port) or server.poll() is not None, "make run")
            assert server.poll() is None, (home / "output").read_text()
            yield environment, port
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(30)


def ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def test_its_commands_do_what_it_says(running):
    environment, port = running
    blocks = re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks).replace("localhost:8000", f"127.0.0.1:{port}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in (
        '"code":"customers:alan"',
        '"amount":"1250"',
        "insufficient-funds",
        '"posted":"1250"',
        '"type":"ledger.account_opened"',
        "Nothing differs up to position",
        "balances: ",
        '"status": "succeeded"',
    ):
        assert expected in done.stdout, f"{expected} is not in\n{done.stdout}"


def test_it_names_every_management_command_and_setting():
    commands = {
        path.stem
        for side in ("config", "commands", "projections", "eventstore")
        for path in (ROOT / side).rglob("management/commands/*.py")
    } - {"__init__", "migrate"}
    settings = (ROOT / "config" / "settings.py").read_text()
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    example = (ROOT / ".env.example").read_text()
    for name in commands | names:
        assert f"`{name}" in README or f", {name}" in README or f" {name}`" in README, name
    for name in names:
        assert f"#{name}=" in example, name


def test_every_file_of_its_walk_exists():
    for name in re.findall(r"`((?:config|commands|eventstore|projections)/[\w/]+\.py)`", README):
        assert (ROOT / name).exists(), name
