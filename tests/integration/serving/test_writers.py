"""Several processes that write to one database: they share it, and wait only where they must."""

import io
import statistics
import sys
import time
from collections import Counter
from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from commands.engine.importing import BATCH
from eventstore.store import lock
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import ask, rich
from tests.examples.connections import InThread, blocked, until
from tests.examples.ledger import open_account
from tests.examples.serving import Client, serving

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS, EACH, ROWS = 4, 20, 600


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def paying(server, accounts, name, times):
    """One caller's payments, one after another, from the world to these accounts in turn."""
    client = Client(server)
    statuses = Counter()
    with closing(client.connection):
        for n in range(EACH):
            began = time.monotonic()
            body = {"from": "world", "to": accounts[n % len(accounts)], "amount": 1}
            statuses[client.ask("POST", "/api/v1/transfers", body).status] += 1
            times[name].append(time.monotonic() - began)
    return statuses


def imported(path, accounts):
    lines = ["reference,effective_on,debit,credit,amount,currency,description"]
    lines += [f"r-{n},,world,{accounts[n % len(accounts)]},0.01,EUR," for n in range(ROWS)]
    path.write_text("\n".join(lines) + "\n")
    output = io.StringIO()
    call_command("import_transfers", str(path), stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("accounts", [["hot"], [f"many-{n}" for n in range(7)]], ids=len)
def test_two_servers_and_an_import_write_to_the_same_accounts(served, tmp_path, accounts):
    rich(accounts[0], 0)
    for code in accounts[1:]:
        ask(open_account(code))
    before = deadlocks()
    with serving(DAYBOOK_SELF_SERVICE="on") as other:
        servers = {"one server": served, "the other": other}
        times = {name: [] for name in servers}
        callers = [
            InThread(lambda s=server, n=name: paying(s, accounts, n, times))
            for name, server in servers.items()
            for _ in range(CALLERS)
        ]
        importing = InThread(lambda: imported(tmp_path / "transfers.csv", accounts))
        assert [each.result() for each in callers] == [{201: EACH}] * len(callers)
        assert importing.result().startswith(f"{ROWS} imported, 0 there already, 0 refused")
    total = 2 * CALLERS * EACH + ROWS
    assert sum(each.posted for each in Balance.objects.filter(account__in=accounts)) == total
    assert [found for each in projections() for found in differences(each)] == []
    assert deadlocks() == before
    report(f"the import: {ROWS / total:.0%} of the transfers, {BATCH} at a time")
    for name, took in times.items():
        worst = sorted(took)[int(len(took) * 0.99)]
        report(f"{name}: {len(took) / total:.0%} of the transfers, p99 {worst * 1000:.0f} ms")


def test_an_account_that_somebody_holds_keeps_the_others_commands_fast(tmp_path, request):
    """As psql would hold it; for a minute in the full run."""
    deadline = 20 if request.config.getoption("--all") else 2
    rich("ann", 0)
    rich("bob", 0)
    with serving(DAYBOOK_COMMAND_DEADLINE=str(deadline)) as server:
        ann, bob = Client(server), Client(server)
        took, stuck = [], Counter()
        with closing(ann.connection), closing(bob.connection), transaction.atomic():
            lock("account-ann")
            while sum(stuck.values()) < 3:
                began = time.monotonic()
                held = InThread(lambda: ann.ask("POST", "/api/v1/transfers", pay("ann")))
                until(blocked("transactionid"), "the one that waits")
                while held.is_alive():
                    asked = time.monotonic()
                    assert bob.ask("POST", "/api/v1/transfers", pay("bob")).status == 201
                    took.append(time.monotonic() - asked)
                answer = held.result()
                assert int(answer.headers["Retry-After"]) >= 1
                assert time.monotonic() - began >= deadline
                stuck[answer.status] += 1
    assert stuck == {503: 3}
    assert (Balance.objects.get(account="ann").posted, len(took) > 10) == (0, True)
    assert statistics.median(took) < 1
    worst = sorted(took)[int(len(took) * 0.99)]
    report(f"beside a held account: {len(took)} commands, p99 {worst * 1000:.0f} ms")


def report(line):
    """For whoever looks at the run with `-s`; times are not judged here."""
    sys.stdout.write(f"{line}\n")


def pay(code):
    return {"from": "world", "to": code, "amount": 1}
