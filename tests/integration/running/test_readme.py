"""The README's first page, done as a newcomer would: `make run`, then its commands."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from tests.examples.installation import Installation, open_folder
from tests.tree import ROOT

README = (ROOT / "README.md").read_text()

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("make")), reason="curl or make is missing"
)


@pytest.fixture(scope="module")
def running():
    """`make run` on a free port and a home of its own."""
    with open_folder() as folder:
        installation = Installation(folder / "home")
        server = installation.start("make", "run")
        try:
            installation.wait_until_ready(server)
            yield installation
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(30)
            installation.end()


def test_its_commands_do_what_it_says(running):
    blocks = re.findall(r"^```bash\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks).replace("localhost:8000", f"127.0.0.1:{running.port}")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT, env=running.environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in (
        '"code":"customers:alan"',
        '"amount":"1250"',
        "insufficient-funds",
        '"posted":"1150"',
        '"type":"ledger.account_opened"',
        "Nothing differs up to position",
        "balances: ",
        '"status": "succeeded"',
    ):
        assert expected in done.stdout, f"{expected} is not in\n{done.stdout}"


def test_the_doctor_has_nothing_to_mend(running):
    report = json.loads(running.manage("doctor", "--json"))
    lines = {line["name"]: line for line in report["lines"]}
    assert (report["state"], lines["workers"]["says"][:3]) == ("warning", "1: ")


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
