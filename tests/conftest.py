"""What every test stands on: a database whose log can be emptied between tests, and the times."""

from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.examples import contract

LONGEST_FIRST = ("running", "browser", "data", "model", "serving")
"""Folders of the slowest files: they come first, so that no process is left with one in the end."""
BUDGETS = {"unit": 60, "integration": 300, "data": 120, "browser": 240}
_seconds: dict[str, float] = defaultdict(float)


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the slow kinds in full")


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: _turn(item.path.parent.name))
    if config.getoption("--all"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="slow in full: make test-all"))


def _turn(folder):
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs):
    """Each process that runs tests beside others has a home, and so a server, of its own."""
    from django.conf import settings

    for spec in specs:
        spec.env["DAYBOOK_HOME"] = str(settings.HOME / spec.id)


@pytest.fixture(scope="session", autouse=True)
def every_answer_is_as_the_document_says():
    """Whichever test asks the API: its answers are held against the OpenAPI document."""
    with pytest.MonkeyPatch.context() as patch:
        contract.watch(patch)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """The test database belongs to one role, which must be allowed to make it."""
    from django.conf import settings
    from django.db import connection

    connection.settings_dict.update(settings.DATABASE_OWNER)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Emptying tables between tests is TRUNCATE, which the log refuses: not in a test database."""
    from django.db import connection

    from tests.examples.emptying import quickly_emptied

    with ExitStack() as stack:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER IF EXISTS eventstore_no_truncate ON eventstore_event")
            stack.enter_context(quickly_emptied())
        yield


@pytest.fixture(autouse=True)
def a_minute_of_its_own(monkeypatch):
    """What others sent in vain in this minute takes no place away from a test."""
    from commands.engine import attempts

    monkeypatch.setattr(attempts, "allowance", attempts.Allowance())


@pytest.fixture(scope="session")
def served(django_db_setup):
    """The real web server on the test database; for tests that commit (`transaction=True`)."""
    from tests.examples.serving import serving

    with serving(DAYBOOK_SELF_SERVICE="on") as server:
        yield server


def layer(test: str) -> str:
    _, *parts = Path(test.partition("::")[0]).parts
    if len(parts) == 1:
        return "tree"
    return "data" if "data" in parts else parts[0]


def pytest_runtest_logreport(report):
    _seconds[layer(report.nodeid)] += report.duration


def pytest_terminal_summary(terminalreporter):
    for name, seconds in sorted(_seconds.items()):
        budget = BUDGETS.get(name)
        over = " OVER BUDGET" if budget and seconds > budget else ""
        terminalreporter.write_line(
            f"{name}: {seconds:.1f} s" + (f" of {budget} s{over}" if budget else "")
        )
