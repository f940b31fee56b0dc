"""Schemathesis tries every operation on the running server: examples, edges, fuzz, sequences."""

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from commands.engine import bulk
from commands.engine.models import Request
from commands.ledger.messages import CloseAccount, PlaceHold, PostTransfer
from config.openapi import document
from eventstore import openapi
from tests.examples.asking import ask
from tests.examples.factories import UserFactory
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import Person
from tests.integration.http.schemathesis_hooks import HOLDER, READY
from tests.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

ENDLESS = {"stream_events", "stream_requests"}
"""What the configuration leaves out."""
CONFIG = Path(__file__).with_name("schemathesis.toml")


BOSS = Person("boss", UUID(int=0xB055), frozenset({"view", "operate", "close"}))


@pytest.fixture
def ledger():
    """What the document's examples and the hooks are about."""
    UserFactory(id=UUID(openapi.example(openapi.UUID)))
    ask(open_account("outside:bank", overdraft_limit=None))
    for code in ("customers:alan", "shop:sales", "shop:tax"):
        ask(open_account(code, overdraft_limit=None if code == HOLDER else 0))
        assert ask(pay("outside:bank", code, 1_000_000)).succeeded
    for hold in READY["capture"] + READY["release"]:
        about = {"account": HOLDER, "amount": 10**37, "payee": "shop:sales"}
        assert ask(PlaceHold(**about, hold=UUID(hold))).succeeded
    for transfer in READY["reverse"]:
        legs = pay("outside:bank", "shop:tax", 1).legs
        assert ask(PostTransfer(legs=legs, transfer=UUID(transfer))).succeeded
    for code in READY["close"] + READY["reopen"]:
        assert ask(open_account(code)).succeeded
    for code in READY["reopen"]:
        assert ask(CloseAccount(account=code, reason="Left")).succeeded


def tried(server, folder: Path, *, examples: int) -> str:
    """What schemathesis says when somebody from the staff lets it loose on the whole API."""
    command = Path(sys.executable).with_name("schemathesis")
    authorization = Api(BOSS).headers["Authorization"]
    done = subprocess.run(
        [
            command, "--config-file", CONFIG, "run", f"{server.url}/api/v1/schema/",
            "--header", f"Authorization: {authorization}",
            "--max-examples", str(examples), "--no-color", "--continue-on-failure",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_operation_does_what_the_document_says(served, ledger, tmp_path):
    said = tried(served, tmp_path, examples=10)
    operations = sum(len(methods) for methods in document()["paths"].values())
    assert f"Tested: {operations - len(ENDLESS)}\n" in said
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert re.search(f"✅ +{phase}", said), said
    done = Request.objects.filter(status="succeeded", source="api")
    assert set(done.values_list("command", flat=True)) == {bulk.NAME, *bulk.addressed()}


@pytest.mark.slow
def test_it_does_so_whatever_is_asked(served, ledger, tmp_path):
    tried(served, tmp_path, examples=300)
