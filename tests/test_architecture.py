"""The shape of the tree: what may lie where, what may import what, and that breaking it fails."""

import re
import tomllib
from pathlib import Path

import grimp
import pytest

from config.domains import domains
from eventstore.registry import registered
from tests import tree

TOP = {
    ".ci",
    ".env.example",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "commands",
    "config",
    "docs",
    "eventstore",
    "manage.py",
    "projections",
    "pyproject.toml",
    "requirements",
    "static",
    "templates",
    "tests",
}
PACKAGES = ("config", "commands", "projections", "eventstore")
SIDES = ("commands", "projections")
NO_DOMAINS = {"engine", "access", "webhooks"}
CONTRACTS = tomllib.loads(tree.text(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]


def test_nothing_else_lies_at_the_top():
    assert {path.parts[0] for path in tree.tracked()} <= TOP


# --- domains ---------------------------------------------------------------------------------


def names_with_a_place(side: str) -> set[str]:
    """The files a domain folder may have: those that its side's inner order gives a place."""
    (contract,) = [c for c in CONTRACTS if c.get("containers") == [f"{side}.*"]]
    return {"__init__", "migrations", *re.findall(r"\w+", " ".join(contract["layers"]))}


def strays(side: str, paths: list[Path]) -> list[str]:
    """Files of domain folders that have no place in the inner order."""
    return [
        str(path)
        for path in paths
        if path.parts[0] == side and len(path.parts) > 2 and path.parts[1] not in NO_DOMAINS
        if path.parts[2].removesuffix(".py") not in names_with_a_place(side)
    ]


@pytest.mark.parametrize("side", SIDES)
def test_a_domain_folder_has_only_files_with_a_place_in_its_order(side):
    assert strays(side, tree.tracked()) == []


@pytest.mark.parametrize("side", SIDES)
def test_a_stray_file_is_found(side):
    stray = Path(side, "ledger", "utils.py")
    assert strays(side, [stray, Path(side, "ledger", "urls.py")]) == [str(stray)]


def names_of_domains() -> set[str]:
    found = {path.partition(".")[2] for side in SIDES for path in domains(side, "__init__.py")}
    assert "ledger" in found
    return found


def leaks(graph: grimp.ImportGraph, names: set[str]) -> list[tuple[str, str]]:
    """Imports between domains, and from an engine, access or webhooks into a domain."""

    def place(module: str) -> str | None:
        parts = module.split(".")
        if parts[0] in SIDES and len(parts) > 1:
            return parts[1]
        is_vocabulary = parts[:2] == ["eventstore", "events"] and parts[-1] in names
        return parts[-1] if is_vocabulary else None

    return [
        (importer, imported)
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if place(importer) and place(imported) in names and place(imported) != place(importer)
    ]


def test_domains_are_strangers_to_each_other_and_to_the_engines():
    assert leaks(grimp.build_graph(*PACKAGES, cache_dir=None), names_of_domains()) == []


def test_a_leak_between_domains_is_found():
    graph = grimp.ImportGraph()
    graph.add_import(importer="projections.tickets.queries", imported="projections.ledger.models")
    graph.add_import(importer="commands.engine.run", imported="commands.ledger.decider")
    graph.add_import(importer="commands.ledger.decider", imported="eventstore.events.ledger")
    graph.add_import(importer="commands.ledger.decider", imported="commands.engine.decider")
    assert leaks(graph, {"ledger", "tickets"}) == [
        ("commands.engine.run", "commands.ledger.decider"),
        ("projections.tickets.queries", "projections.ledger.models"),
    ]


# --- import contracts ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return tree.copy_to(tmp_path_factory.mktemp("tree"))


def test_the_import_contracts_are_kept(copy):
    outcome = tree.lint_imports(copy)
    assert outcome.returncode == 0, outcome.stdout


ONE_WAY = "Imports point one way"
PURE = "Rules, events and their registry are pure Python"
TABLES = "Only the store touches the store's tables"
WEBHOOKS = "Webhooks stand on the engine"
VOCABULARY = "The store works without knowing what can happen"
WRITE_ORDER = "The inner order of a domain's write side"
READ_ORDER = "The inner order of a domain's read side"
LATER = "def later():\n    "
FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "

BREACHES = [
    (ONE_WAY, "eventstore/heads.py", "import commands.engine.run"),
    (ONE_WAY, "commands/engine/run.py", "from projections.engine import apply"),
    (ONE_WAY, "projections/ledger/queries.py", f"{LATER}from commands.ledger import state"),
    (ONE_WAY, "projections/ledger/api.py", f"{FOR_TYPES}from commands.access import principal"),
    (ONE_WAY, "projections/ledger/views.py", "from config import routing"),
    (PURE, "commands/ledger/decider/books.py", f"{LATER}from django.utils import timezone"),
    (PURE, "commands/ledger/state.py", f"{FOR_TYPES}from django.db import models"),
    (PURE, "commands/ledger/messages.py", "from rest_framework import serializers"),
    (PURE, "commands/ledger/refusals.py", "from eventstore.store import read_stream"),
    (PURE, "eventstore/events/ledger.py", "import psycopg"),
    (PURE, "eventstore/registry.py", "from eventstore.models import Event"),
    (TABLES, "commands/engine/models.py", "from eventstore.models import Event"),
    (TABLES, "projections/engine/apply.py", f"{LATER}from eventstore import models"),
    (WEBHOOKS, "commands/engine/run.py", f"{LATER}from commands.webhooks import endpoints"),
    (VOCABULARY, "eventstore/reading.py", f"{LATER}from eventstore.events.ledger import Leg"),
    (WRITE_ORDER, "commands/ledger/messages.py", "from commands.ledger import state"),
    (WRITE_ORDER, "commands/ledger/decider/books.py", "from commands.ledger import serializers"),
    (READ_ORDER, "projections/ledger/models.py", "from projections.ledger import queries"),
    (READ_ORDER, "projections/ledger/queries.py", f"{LATER}from projections.ledger import api"),
]


@pytest.mark.parametrize(("contract", "file", "breach"), BREACHES)
def test_a_breach_of_a_contract_fails(copy, contract, file, breach):
    target = copy / file
    kept = target.read_text()
    target.write_text(f"{kept}\n{breach}\n")
    try:
        outcome = tree.lint_imports(copy)
    finally:
        target.write_text(kept)
    assert outcome.returncode == 1
    assert re.search(f"{re.escape(contract)}.* BROKEN", outcome.stdout), outcome.stdout


def test_every_contract_has_a_breach_that_proves_it():
    for contract in CONTRACTS:
        assert any(contract["name"].startswith(name) for name, _, _ in BREACHES), contract["name"]


# --- what no import shows --------------------------------------------------------------------


def lines_with(pattern: str) -> list[tuple[Path, str]]:
    """The lines of the product that match, each with its file."""
    return [
        (path, line)
        for path in tree.tracked()
        if path.parts[0] in PACKAGES and path.suffix in {".py", ".sql"}
        for line in tree.text(path).splitlines()
        if re.search(pattern, line)
    ]


def test_no_model_is_fetched_past_the_import_contracts():
    found = lines_with(r"\bget_model\(|\bget_models\(|__import__\(")
    assert [str(path) for path, _ in found if "migrations" not in path.parts] == []


def test_modules_are_imported_by_name_only_where_they_are_discovered():
    found = lines_with(r"import_module\(|import_string\(|autodiscover_modules\(")
    assert {str(path) for path, _ in found if path.name != "apps.py"} <= {"config/routing.py"}


def test_no_statement_outside_the_store_names_its_tables():
    found = {str(path) for path, _ in lines_with(r"\beventstore_(event|stream|checkpoint|epoch)\b")}
    shown_in_its_help = {"config/management/commands/db.py"}
    assert {name for name in found if not name.startswith("eventstore/")} <= shown_in_its_help


def test_nothing_names_a_schema():
    assert lines_with(r"""["'\s(]public\.""") == []


def test_locks_and_channels_belong_to_one_schema():
    keyed = lines_with(r"hashtext|pg_notify\(|'LISTEN|'daybook_")
    assert len(keyed) >= 4
    assert [(path, line) for path, line in keyed if "current_schema()" not in line] == []


def test_every_advisory_lock_has_a_key_of_text():
    """A key of plain numbers would not say whose it is, nor in which schema."""
    for path, line in lines_with(r"pg_(try_)?advisory\w*\("):
        statement = tree.text(path).partition(line)[2][:200]
        assert "hashtextextended('daybook." in line + statement, (path, line)


def test_an_event_is_named_after_its_module():
    ours = [entry for entry in registered() if entry.cls.__module__.startswith("eventstore.")]
    assert ours
    for entry in ours:
        assert entry.name.split(".")[0] == entry.cls.__module__.split(".")[-1]
