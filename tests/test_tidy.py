"""Style that fails the build: lengths, sentences, and what no file of ours contains."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests import tree

PRODUCT = ("commands", "config", "eventstore", "projections")
FILE, FUNCTION, LINE = 300, 40, 100
SHORT = 5
"""A class or function of so few lines is its own description."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[str], Iterable[str]]


def breaches(rule: Rule, paths: Iterable[Path]) -> list[str]:
    """What the rule finds in these files, each as `path: finding`."""
    return [f"{path}: {found}" for path in paths for found in rule(tree.text(path))]


def texts() -> list[Path]:
    return [path for path in tree.tracked() if b"\0" not in (tree.ROOT / path).read_bytes()]


# --- lengths ---------------------------------------------------------------------------------


def too_long(source: str) -> Iterator[str]:
    lines = source.splitlines()
    if len(lines) > FILE:
        yield f"{len(lines)} lines"
    for number, line in enumerate(lines, start=1):
        # What a tool is told at the end of a line is not read with it.
        if len(re.sub(r"  # (type: ignore|noqa|fmt:).*", "", line)) > LINE:
            yield f"line {number} is longer than {LINE}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, Function) and length(node) > FUNCTION:
            yield f"{node.name}() has {length(node)} lines"


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_functions_and_lines_are_short_enough_to_be_read():
    assert breaches(too_long, tree.python()) == []


# --- sentences -------------------------------------------------------------------------------


def no_sentence(source: str) -> Iterator[str]:
    """A module begins with one sentence; what more there is to say follows an empty line."""
    module = ast.parse(source)
    first = " ".join((ast.get_docstring(module) or "").split("\n\n")[0].split())
    if not first and module.body:
        yield "has no docstring"
    elif first and not first.endswith((".", "?", "!", "…")):
        yield f"does not end its sentence: {first}"
    elif re.search(r"[.?!] +[A-Z`]", first):
        yield f"begins with more than one sentence: {first}"


def test_every_module_begins_with_one_sentence():
    assert breaches(no_sentence, tree.python()) == []


SHAPED = {"admin", "answers", "api", "apps", "decider", "projectors", "serializers", "urls"}
"""In these files and folders, and in `some_serializers`, each function has the form they give it:
its name says the rest."""


def unexplained(source: str) -> Iterator[str]:
    """Public classes and functions of more than a few lines that do not say what they mean."""
    for node in ast.parse(source).body:
        if not isinstance(node, Function | ast.ClassDef) or ast.get_docstring(node):
            continue
        if not node.name.startswith(("_", "evolve_")) and length(node) > SHORT:
            yield f"{node.name} has no docstring"


def test_what_others_use_says_what_it_means():
    explaining = [
        path
        for path in tree.python(*PRODUCT)
        if not {path.stem.rpartition("_")[2], path.parent.name} & SHAPED
        and "management" not in path.parts
    ]
    assert breaches(unexplained, explaining) == []


# --- what no file contains -------------------------------------------------------------------


def calls(source: str, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


def prints(source: str) -> Iterator[str]:
    for call in calls(source, "print"):
        yield f"line {call.lineno} prints"


def test_nothing_prints():
    """Management commands write to self.stdout; the bootstrap runs before there are any."""
    assert breaches(prints, tree.python(*PRODUCT, "tests", "manage.py")) == []


def sleeps_for_luck(source: str) -> Iterator[str]:
    """A sleep outside of a loop that looks for something."""
    looking = {
        call.lineno
        for loop in ast.walk(ast.parse(source))
        if isinstance(loop, ast.While) and ast.unparse(loop.test) != "True"
        for call in ast.walk(loop)
        if isinstance(call, ast.Call)
    }
    for name in ("time.sleep", "sleep", "asyncio.sleep"):
        for call in calls(source, name):
            if call.lineno not in looking:
                yield f"line {call.lineno} sleeps for luck"


def test_no_test_sleeps_for_luck():
    assert breaches(sleeps_for_luck, tree.python("tests")) == []


def left_for_later(source: str) -> Iterator[str]:
    """A comment that puts work off, or silences a check without saying which."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if re.search(r"#\s*XXX|\b(TODO|FIXME|HACK)\b", token.string):
            yield f"line {token.start[0]} puts work off: {token.string}"
        if re.search(r"#\s*noqa(?!: ?[A-Z]+[0-9]+)", token.string):
            yield f"line {token.start[0]} silences every check"


def test_no_comment_puts_work_off_or_silences_everything():
    assert breaches(left_for_later, tree.python()) == []


def of_one_machine(source: str) -> list[str]:
    """Folders of somebody's machine, and addresses of package registries."""
    folders = re.findall(r"(?<![\w.}])/(?:home|Users|root|work)/\w+", source)
    return folders + re.findall(
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:com|org)|crates\.io|index-url[ =]+http", source
    )


def test_nothing_names_a_machine_or_a_registry():
    assert breaches(of_one_machine, texts()) == []


def test_no_lock_or_secret_is_tracked():
    assert {path.name for path in tree.tracked()} & {"uv.lock", ".env", "secret_key"} == set()


# --- the rules bite --------------------------------------------------------------------------

BROKEN = [
    (too_long, "x = 1\n" * 301),
    (too_long, f"x = '{'y' * 100}'\n"),
    (too_long, "def f():\n" + "    x = 1\n" * 40),
    (no_sentence, "x = 1\n"),
    (no_sentence, '"""Reads and writes"""\n'),
    (no_sentence, '"""Reads. Writes."""\n'),
    (unexplained, "def f():\n" + "    x = 1\n" * 5),
    (prints, "print('here')\n"),
    (sleeps_for_luck, "import time\ntime.sleep(1)\n"),
    (sleeps_for_luck, "while True:\n    sleep(1)\n"),
    (left_for_later, "x = 1  # " + "TODO: later\n"),
    (left_for_later, "x = 1  # " + "noqa\n"),
    (of_one_machine, "x = '/" + "home/ann/x'\n"),
    (of_one_machine, "see https://" + "pypi" + ".org/simple\n"),
]
KEPT = [
    (too_long, "def f():\n" + "    x = 1\n" * 39),
    (no_sentence, '"""Reads, e.g. rows.\n\nMore. And more."""\n'),
    (no_sentence, ""),
    (unexplained, "def _f():\n" + "    x = 1\n" * 5),
    (sleeps_for_luck, "while not done():\n    sleep(1)\n"),
    (left_for_later, "x = 'TODO'  # noqa: S311\n"),
    (of_one_machine, "see https://example.org/home/ann\n"),
]


@pytest.mark.parametrize(("rule", "source"), BROKEN)
def test_a_rule_finds_what_breaks_it(rule, source):
    assert list(rule(source))


@pytest.mark.parametrize(("rule", "source"), KEPT)
def test_a_rule_lets_pass_what_keeps_it(rule, source):
    assert list(rule(source)) == []
