"""Real books through the real commands: what comes out is what their owners had arrived at."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from io import StringIO
from itertools import groupby
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from eventstore.store import latest_position
from projections.engine.follow import catch_up
from projections.engine.projector import projections
from projections.ledger.models import Entry, Transfer
from tests.examples.connections import database_url
from tests.examples.real import DATA, ROOT, berka, needs_real_data, opencollective
from tests.examples.real.beancheck import complaints
from tests.examples.real.books import (
    BERKA,
    BERKA_SAMPLE,
    ETHEREUM,
    GRATIPAY_2013,
    GRATIPAY_2017,
    OPEN_COLLECTIVE,
    Book,
)
from tests.examples.real.carrying import (
    balances,
    entries,
    import_accounts,
    import_transfers,
    imported,
    verify,
)

pytestmark = [needs_real_data, pytest.mark.django_db(transaction=True)]

DEADLINE = 60  # seconds a child may take for what takes it one


def read_tables() -> dict[str, list[str]]:
    """Every row of every read table of the ledger, as the database writes it down."""
    tables = {}
    with connection.cursor() as cursor:
        for model in apps.get_app_config("ledger").get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT t::text FROM {table} t")
            tables[table] = sorted(text for (text,) in cursor.fetchall())
    return tables


def drop_read_tables() -> None:
    for model in apps.get_app_config("ledger").get_models():
        model._base_manager.all().delete()


# --- what only one of the books can be asked --------------------------------------------------


def berka_entries_are_the_banks(sample: bool) -> None:
    expected = berka.expected_entries(DATA / "berka", sample)
    for code, rows in groupby(expected, key=lambda entry: entry.code):
        assert list(entries(code)) == [row[1:] for row in rows]


def the_platforms_running_balance_is_the_collectives() -> None:
    assert [(reference, balance) for reference, _, balance in entries("assets:collective")] == [
        (group.reference, group.balance - group.pending_fee)
        for group in opencollective.recorded_balances(DATA / "opencollective_hledger")
    ]


def every_account_changes_once_in_a_transfer() -> None:
    """The two legs on one account that eleven transactions have are one event, its net."""
    changed = [(row.transfer, row.account) for row in Entry.objects.all()]
    assert len(changed) == len(set(changed))
    legs = [[leg["account"] for leg in row.legs] for row in Transfer.objects.all()]
    assert sum(len(set(codes)) < len(codes) for codes in legs) == 11
    assert len(changed) == sum(len(set(codes)) for codes in legs)


def nothing_more() -> None:
    """The checks asked of every book are all there are for this one."""


@pytest.mark.parametrize(
    ("book", "what_only_it_has"),
    [
        pytest.param(BERKA_SAMPLE, partial(berka_entries_are_the_banks, sample=True), id="sample"),
        pytest.param(GRATIPAY_2013, every_account_changes_once_in_a_transfer, id="gratipay-2013"),
        pytest.param(GRATIPAY_2017, nothing_more, id="gratipay-2017"),
        pytest.param(
            OPEN_COLLECTIVE, the_platforms_running_balance_is_the_collectives, id="opencollective"
        ),
        pytest.param(ETHEREUM, nothing_more, id="ethereum"),
        pytest.param(
            BERKA,
            partial(berka_entries_are_the_banks, sample=False),
            id="berka",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_real_book_comes_out_right(
    book: Book, what_only_it_has: Callable[[], None], tmp_path: Path
) -> None:
    files = imported(book, tmp_path)

    assert balances() == book.expected_balances()
    what_only_it_has()
    verify()

    for late in projections(immediate=False):
        while catch_up(late):
            pass
    position, rows = latest_position(), read_tables()
    imported(book, tmp_path)
    assert latest_position() == position

    drop_read_tables()
    for table in ("balances", "entries", "transfers"):
        with pytest.raises(SystemExit):
            verify(table)
    call_command("rebuild_projections", stdout=StringIO(), stderr=StringIO())
    assert read_tables() == rows

    export = files.transfers.with_suffix(".beancount")
    with export.open("w", encoding="utf-8") as out:
        call_command("export", "--format", "beancount", stdout=out)
    assert complaints(export) == ""


def child(book: Book, *arguments: str) -> subprocess.Popen[bytes]:
    """Run a command in a process of its own on this test's database, with a pipe as its input."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DAYBOOK_CURRENCIES": book.currencies(),
        },
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )


def kill_when(importer: subprocess.Popen[bytes], reached: Callable[[], bool]) -> None:
    """Kill -9 the child at the first sight of what it is to reach."""
    until = time.monotonic() + DEADLINE
    while not reached():
        assert importer.poll() is None, "the import ended by itself"
        assert time.monotonic() < until, "the import came to nothing"
        time.sleep(0.005)
    importer.kill()
    assert importer.wait() == -signal.SIGKILL
    importer.stdin.close()


def test_an_import_killed_half_way_ends_in_the_same_state_when_started_again(
    tmp_path: Path,
) -> None:
    files = BERKA_SAMPLE.convert(tmp_path)
    assert import_accounts(files.accounts) == []
    opened, lines = latest_position(), files.transfers.read_bytes().splitlines(keepends=True)

    importer = child(BERKA_SAMPLE, "import_transfers", "-", "--series", files.transfers.stem)
    importer.stdin.write(b"".join(lines[: len(lines) // 2]))
    importer.stdin.flush()
    kill_when(importer, lambda: latest_position() > opened)

    assert 0 < Transfer.objects.count() < len(lines) // 2
    assert import_transfers(files.transfers) == []
    assert Transfer.objects.count() == len(lines) - 1
    assert balances() == BERKA_SAMPLE.expected_balances()
    berka_entries_are_the_banks(sample=True)
    verify()


@pytest.mark.slow
def test_an_import_killed_in_the_middle_of_a_batch_ends_in_the_same_state(tmp_path: Path) -> None:
    files = BERKA.convert(tmp_path)
    assert import_accounts(files.accounts) == []
    opened = latest_position()
    for more in (1_000, 10_000, 50_000):
        importer = child(BERKA, "import_transfers", str(files.transfers))
        kill_when(importer, lambda enough=opened + more: latest_position() > enough)

    assert import_transfers(files.transfers) == []
    assert balances() == BERKA.expected_balances()
    berka_entries_are_the_banks(sample=False)
    verify()
