"""A second domain is files added and none changed: a help desk moves in beside the ledger."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import pytest

from tests import tree
from tests.examples.connections import database_url

ADDED = tree.ROOT / "tests" / "examples" / "second_domain"
DOMAIN = [
    path.relative_to(ADDED) for path in sorted(ADDED.rglob("*")) if path.suffix in {".py", ".json"}
]
SUITE = ("-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider")


def digests(folder: Path, paths: Iterable[Path]) -> dict[Path, str]:
    return {path: sha256((folder / path).read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A copy of the tree, and the digests of its files while the ledger is alone in it."""
    folder = tree.copy_to(tmp_path_factory.mktemp("two domains"))
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return folder, digests(folder, files)


@pytest.fixture(scope="module")
def moved_in(alone):
    """The copy with the second domain's files added."""
    folder, _ = alone
    for path in DOMAIN:
        assert not (folder / path).exists(), f"{path} would be changed"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ADDED / path, folder / path)
    return folder


@pytest.fixture(scope="module")
def run(moved_in, django_db_setup, django_db_blocker):
    """Run Python in the copy, on a database of its own on this test's server."""
    with django_db_blocker.unblock():
        environment = {
            **os.environ,
            "DATABASE_URL": database_url("_second"),
            "DAYBOOK_HOME": str(moved_in / "var"),
        }
    environment.pop("DATABASE_OWNER_URL", None)

    def python(*arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=moved_in,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    python("manage.py", "makemigrations", "tickets")
    return python


def test_its_tables_need_one_migration_of_its_own(run, moved_in):
    migrations = (moved_in / "projections" / "tickets" / "migrations").glob("0*.py")
    assert [path.name for path in migrations] == ["0001_initial.py"]
    run("manage.py", "makemigrations", "--check", "--dry-run")


def test_it_writes_reads_refuses_follows_and_is_rebuilt(run):
    run(*SUITE, "tests/integration/tickets.py")


def test_its_commands_go_all_roads(run):
    run(*SUITE, "tests/integration/test_parity.py", "-k", "tickets or ticket or every")


def test_it_keeps_the_shape_of_the_tree(run, moved_in):
    run(*SUITE, "tests/test_architecture.py", "-k", "not breach")
    outcome = tree.lint_imports(moved_in)
    assert outcome.returncode == 0, outcome.stdout


def test_its_operations_and_refusals_are_in_the_document(run):
    run(*SUITE, "tests/integration/http/test_openapi.py", "tests/unit/commands/test_refusals.py")


def test_its_events_are_added_to_the_schema_for_free(run):
    run(*SUITE, "tests/unit/eventstore/test_event_schemas.py")


def test_the_ledger_is_left_as_it_was(run, alone):
    folder, before = alone
    assert before
    assert digests(folder, before) == before
