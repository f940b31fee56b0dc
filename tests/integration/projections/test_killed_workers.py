"""Two workers that are killed by chance, and a poison event: the table is that of a replay."""

import itertools
import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from eventstore.store import read_all
from projections.engine.differences import differences
from projections.engine.operating import intervene
from projections.engine.status import status_of
from projections.ledger.models import Balance, DailyTotal
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask, rich
from tests.examples.connections import database_url
from tests.examples.following import DEBITED, POISON
from tests.examples.ledger import pay
from tests.examples.people import SAM
from tests.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 2


def test_two_killed_workers_and_a_poison_event_end_as_a_replay_does(request):
    rich("ann", 10_000)
    many = 400 if request.config.getoption("--all") else 40
    for number in range(many):
        ask(pay("ann", "world", POISON if number == many // 2 else 1 + number % 3))
    (bad,) = [
        each.position
        for each in read_all(types=[DEBITED], limit=None)
        if each.data["amount"] == str(POISON)
    ]
    seeds = itertools.count(1)
    deaths = worked(seeds)
    assert status_of(daily_totals).stopped_before == bad
    assert list(differences(daily_totals)) == []
    assert ask(pay("ann", "world", 1)).succeeded, "commands go on"
    intervene(daily_totals, "skip", by=SAM.id, reason="Known defect", position=bad)
    deaths += worked(seeds)
    assert deaths, "some were killed on the way"
    assert status_of(daily_totals).lag_events == 0
    assert list(differences(daily_totals)) == []
    for account in Balance.objects.all():
        rows = DailyTotal.objects.filter(account=account.account)
        left_out = POISON if account.account == "ann" else 0
        sums = sum(row.debits for row in rows), sum(row.credits for row in rows)
        assert sums == (account.debits - left_out, account.credits)


def worked(seeds):
    """Have two workers at it at any time, another for each that is killed; how many were."""
    deaths, at_work = 0, [worker(next(seeds)) for _ in range(WORKERS)]
    while at_work:
        each = at_work.pop(0)
        said, _ = each.communicate(timeout=60)
        assert each.returncode in (0, -signal.SIGKILL), said
        if each.returncode:
            deaths += 1
            at_work.append(worker(next(seeds)))
    return deaths


def worker(seed):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.examples.crashing_follower", str(seed)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
    )  # fmt: skip
