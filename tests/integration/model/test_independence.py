"""The model is another ledger than the product: it is written with nothing of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.engine.decider import handlers
from tests import tree
from tests.examples.model import RULES

MODEL = Path("tests", "examples", "model")
OWN = ("tests.examples.model",)
LIBRARY = {"bisect", "collections", "copy", "dataclasses", "datetime", "json", "typing", "uuid"}


def foreign(source: str) -> Iterator[str]:
    """What is imported that is neither of the model itself nor of Python's library."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            names = [ast.unparse(node)]
        for name in names:
            if name.partition(".")[0] not in LIBRARY | {"zoneinfo"} and not name.startswith(OWN):
                yield name


def test_the_model_imports_nothing_of_the_product():
    files = [path for path in tree.python("tests") if path.is_relative_to(MODEL)]
    assert len(files) > 5
    assert [found for path in files for found in foreign(tree.text(path))] == []


@pytest.mark.parametrize(
    "source",
    [
        "import commands.ledger",
        "from eventstore import store",
        "from tests.examples import people",
        "from . import driving",
        "import django.db",
        "import importlib\nimportlib.import_module('commands')",
        "__import__('commands')",
    ],
)
def test_what_would_tie_it_to_the_product_is_found(source):
    assert list(foreign(source))


def test_the_model_has_a_rule_for_every_command():
    assert RULES.keys() == handlers().keys()
