"""Whatever is asked, in any order and on any road: the product answers as the model does."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from commands.engine.decider import handlers
from commands.ledger.decider import transfers
from projections.engine.projector import projections
from projections.ledger import history
from tests.examples.clock import standing
from tests.examples.driving import PATHS, Clients
from tests.examples.model import RULES
from tests.examples.outcomes import UNREACHABLE
from tests.integration.model.machine import MOST_HOLDS, ZONE, Machine

ONE = settings(
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=60,
    max_examples=2,
)
"""The simplest example, which does next to nothing, and one more.

Hypothesis would follow this with five that are made of its parts, and meet little that is new.
"""
FIRST = settings(ONE, phases=[Phase.generate], report_multiple_bugs=False)
"""For what is to fail: the first counterexample will do."""
BRIEF = range(6)
FULL = 95
"""So many examples with each of the seeds, half of which have self-service."""
SEEDS = (20261123, 20261124, 20261125, 20261126)
MET: dict[int, Counter[tuple[str, str]]] = {}
"""How often each outcome of each command was met, by seed."""


@contextmanager
def machine(config: Any, *, self_service: bool) -> Iterator[type[Machine]]:
    """A machine with counts of its own, in a world whose clock stands still."""
    config.DAYBOOK_MAX_OPEN_HOLDS = MOST_HOLDS
    config.DAYBOOK_BOOK_TIME_ZONE = ZONE
    config.DAYBOOK_SELF_SERVICE = self_service
    with standing() as clock:
        about = {"clock": clock, "clients": Clients(), "self_service": self_service}
        yield type("Machine", (Machine,), {**about, "seen": Counter()})


def run(each: type[Machine], numbers: Iterable[int], one: settings = ONE) -> None:
    """An example for each of these numbers."""
    for number in numbers:
        run_state_machine_as_test(seed(number)(each), settings=one)


@pytest.mark.django_db
@pytest.mark.parametrize("self_service", [False, True], ids=["operated", "self-service"])
def test_the_product_answers_as_the_model_does(settings, self_service):
    with machine(settings, self_service=self_service) as each:
        run(each, BRIEF)


@pytest.mark.django_db
def test_a_rule_that_is_broken_is_found(settings, monkeypatch):
    monkeypatch.setattr(transfers, "cover", lambda account, net: None)
    with (
        machine(settings, self_service=False) as each,
        pytest.raises(AssertionError, match="insufficient-funds"),
    ):
        run(each, range(40), FIRST)


@pytest.mark.django_db
def test_a_past_that_is_told_as_the_present_is_found(settings, monkeypatch):
    monkeypatch.setattr(history, "turn_back", lambda rows, moment: None)
    with (
        machine(settings, self_service=False) as each,
        pytest.raises(AssertionError, match="at_position"),
    ):
        run(each, range(40), FIRST)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["balances", "daily_totals"])
def test_a_table_that_is_another_when_it_is_made_anew_is_found(settings, monkeypatch, name):
    """The machine does not take one that was kept for right, whoever keeps it."""
    target = next(each for each in projections() if each.name == name)
    made = target.into

    def wrong(table):
        other = made(table)
        function = other._functions["ledger.account_debited"]

        def changed(row, event, recorded):
            function(row, event, recorded)
            row.debits += 1

        other._functions = {**other._functions, "ledger.account_debited": changed}
        return other

    monkeypatch.setattr(target, "into", wrong)
    monkeypatch.setattr(target, "unsound", "")
    with (
        machine(settings, self_service=False) as each,
        pytest.raises(AssertionError, match=f"{name} is another when it is made anew"),
    ):
        run(each, range(5), FIRST)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", SEEDS)
def test_of_thousands_of_answers_none_differs(settings, capsys, request, number):
    with machine(settings, self_service=number % 2 == 0) as each:
        run(each, range(number * FULL, (number + 1) * FULL))
    MET[number] = each.seen
    tell(capsys, request, [f"\n{each.seen.total():,} answers with the seed {number}"])
    assert each.seen.total() >= 5_000


@pytest.mark.slow
def test_and_every_outcome_of_every_command_is_among_them(capsys, request):
    if MET.keys() != set(SEEDS):
        pytest.skip("it sums up what all the seeds have met in one process")
    met = sum(MET.values(), Counter())
    rows = [f"{count:>7,}  {name} {code or 'done'}" for (name, code), count in sorted(met.items())]
    tell(capsys, request, ["", *rows])
    assert reachable() - met.keys() == set()


def tell(capsys: Any, request: Any, lines: Iterable[str]) -> None:
    """Write these lines among what the run reports."""
    report = request.config.pluginmanager.get_plugin("terminalreporter")
    with capsys.disabled():
        for line in lines:
            report.write_line(line)


def reachable() -> set[tuple[str, str]]:
    """Every outcome of every command, those included that need no rule of its own."""
    ruled = {(name, no.code) for name in RULES for no in handlers()[name].refusals}
    guarded = {(name, "stale-version") for name, path in PATHS.items() if "{account}" in path}
    keyed = {(name, "idempotency-key-reused") for name in PATHS}
    return (ruled | guarded | keyed | {(name, "") for name in RULES}) - UNREACHABLE
