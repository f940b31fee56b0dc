"""A process that is killed with commands under way: each of them is done whole, or not at all."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from commands.engine.deciding import decide
from commands.engine.models import Request
from eventstore.store import read_all
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.connections import database_url
from tests.examples.crashing import KEYS, payment
from tests.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("failpoint", "done"), [("before commit", 5), ("after commit", 10), ("before the answer", 10)]
)
def test_asked_again_with_its_key_each_is_done_once(failpoint, done):
    rich("ann", 500)
    rich("bob", 0)
    child = subprocess.run(
        [sys.executable, "-m", "tests.examples.crashing", failpoint],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    is_whole(done)
    outcomes = decide([payment(key) for key in KEYS])
    assert [each.succeeded for each in outcomes] == [True] * 10
    assert sum(each.replayed for each in outcomes) == done
    is_whole(10)


def is_whole(done):
    """So many payments left all that they leave behind, and the others nothing."""
    assert Request.objects.filter(key__in=KEYS).count() == done
    assert Balance.objects.get(account="bob").posted == done
    paid = [event for event in read_all() if event.type == "ledger.transfer_posted"]
    assert len(paid) == done + 1
    assert [found for each in projections() for found in differences(each)] == []
