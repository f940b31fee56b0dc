"""Deciding without a writer, as imports do: in order, and in nobody's way."""

import io

import pytest
from django.core.management import CommandError, call_command

from commands.engine import deciding
from commands.engine.deciding import insist
from commands.engine.dispatch import dispatch
from commands.engine.errors import Busy
from projections.ledger.models import Balance
from tests.examples.asking import ask, asking, rich
from tests.examples.connections import HEAD, KEY_LOCK, InThread, another_connection, blocked, until
from tests.examples.ledger import open_account, pay
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = "reference,effective_on,debit,credit,amount,currency,description"


@pytest.fixture(autouse=True)
def accounts():
    for code in ("ann", "bob", "cat", "dan"):
        rich(code, 100)


def posted(code):
    return Balance.objects.get(account=code).posted


def file_of(tmp_path, count, debit="ann", credit="bob"):
    path = tmp_path / "transfers.csv"
    lines = [f"r-{n},,{debit},{credit},0.01,EUR," for n in range(count)]
    path.write_text("\n".join([COLUMNS, *lines, ""]))
    return path


def imported(path):
    output = io.StringIO()
    call_command("import_transfers", str(path), stdout=output, stderr=io.StringIO())
    return output.getvalue()


def test_who_waits_for_a_held_account_holds_no_other_meanwhile():
    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        waiting = InThread(lambda: insist([asking(pay("ann", code, 1)) for code in ("bob", "cat")]))
        until(blocked("transactionid"), "the one that waits")
        for _ in range(3):
            assert dispatch(asking(pay("ann", "bob", 1))).succeeded
        assert waiting.is_alive()
    assert [each.status for each in waiting.result()] == ["succeeded"] * 2
    assert posted("bob") == 104


@pytest.mark.parametrize("held", ["head", "key"])
def test_no_command_of_a_list_overtakes_one_that_waits(held, monkeypatch):
    """The second spends what the first brings."""
    fund = asking(pay("world", "new", 100), key="fund")
    spend = asking(pay("new", "bob", 100), key="spend")
    ask(open_account("new"))
    with another_connection() as other:
        if held == "head":
            other.execute(HEAD.format("world"))
        else:
            other.execute(KEY_LOCK, [SAM.id, "fund"])
        tries = []
        real = deciding.settle
        monkeypatch.setattr(
            deciding, "settle", lambda some, **how: tries.append(some) or real(some, **how)
        )
        waiting = InThread(lambda: insist([fund, spend]))
        until(lambda: len(tries) > 3, "several tries")
        assert waiting.is_alive()
    assert [each.status for each in waiting.result()] == ["succeeded"] * 2


def test_who_decides_without_a_writer_waits_until_the_deadline_and_no_longer(settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    with another_connection() as other:
        other.execute(HEAD.format("cat"))
        with pytest.raises(Busy):
            dispatch(asking(pay("ann", "cat", 1)))
        assert dispatch(asking(pay("ann", "bob", 1))).succeeded


def test_an_import_stops_at_what_is_held_and_goes_on_there(settings, tmp_path):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    path = file_of(tmp_path, 3)
    with another_connection() as other:
        other.execute(HEAD.format("bob"))
        with pytest.raises(CommandError, match="run it again"):
            imported(path)
    assert imported(path).startswith("3 imported, 0 there already, 0 refused")
    assert list(tmp_path.iterdir()) == [path]


def test_two_imports_of_one_file_refuse_nothing(tmp_path):
    """Each second row spends what the one before it brought."""
    ask(open_account("new"))
    path = tmp_path / "transfers.csv"
    rows = [("world", "new"), ("new", "bob")] * 300
    lines = [f"r-{n},,{debit},{credit},0.01,EUR," for n, (debit, credit) in enumerate(rows)]
    path.write_text("\n".join([COLUMNS, *lines, ""]))
    said = [each.result() for each in [InThread(lambda: imported(path)) for _ in range(2)]]
    assert all("0 refused" in each for each in said)
    assert (posted("new"), posted("bob")) == (0, 400)
    assert list(tmp_path.iterdir()) == [path]
