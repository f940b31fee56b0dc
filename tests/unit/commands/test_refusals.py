"""A command names every refusal of its rule, and each refusal's example is one that is raised."""

import ast
import inspect
import sys
from types import SimpleNamespace

import pytest

from commands.engine.decider import handlers
from commands.engine.errors import IdempotencyKeyReused, Refused, StaleVersion

Raise = tuple[str, frozenset[str]]

IMPOSSIBLE = {"place_standing_order": {"NotBalanced"}, "set_sweep": {"NotBalanced"}}
"""What the helpers of rules raise for others: these ask for two legs of one amount."""


def raised(rule, *, let_out=False) -> set[Raise]:
    """What a rule and its helpers may raise: names, each with its arguments'.

    All of that, or only what is let out of the rule because nobody there catches a refusal.
    """
    found, waiting, seen = set(), [rule], set()
    while waiting:
        function = waiting.pop()
        if function in seen:
            continue
        seen.add(function)
        known = inspect.getmodule(function).__dict__
        for node in nodes(ast.parse(inspect.getsource(function)), let_out):
            if isinstance(node, ast.Raise) and node.exc is not None:
                found.add(named(node.exc))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called = known.get(node.func.id)
                if inspect.isfunction(called) and called.__module__ in ours(rule):
                    waiting.append(called)
    return found


def nodes(of: ast.AST, let_out: bool):
    """All nodes, or all but those within a `try` that catches every refusal."""
    for child in ast.iter_child_nodes(of):
        if let_out and isinstance(child, ast.Try) and catches_refusals(child):
            for rest in (*child.handlers, *child.orelse, *child.finalbody):
                yield from nodes(rest, let_out)
        else:
            yield child
            yield from nodes(child, let_out)


def catches_refusals(of: ast.Try) -> bool:
    return any(
        each.type is not None and ast.unparse(each.type) == "Refused" for each in of.handlers
    )


def ours(rule):
    """The module of a rule, and those of its package that it may take helpers from."""
    own = rule.__module__
    return {own, *(name for name in sys.modules if name.startswith(own.rpartition(".")[0] + "."))}


def named(raised: ast.expr) -> Raise:
    if isinstance(raised, ast.Call):
        keywords = frozenset(keyword.arg for keyword in raised.keywords)
        return ast.unparse(raised.func), keywords
    return ast.unparse(raised), frozenset()


def wrong(handler) -> list[str]:
    """The refusals that a command does not name, and those that it names in vain."""
    found = {name for name, _ in raised(handler.decide)}
    let_out = {name for name, _ in raised(handler.decide, let_out=True)}
    said = {refusal.__name__ for refusal in handler.refusals} | IMPOSSIBLE.get(handler.name, set())
    return [
        *(f"{name} is not named" for name in sorted(let_out - said)),
        *(f"{name} is never raised" for name in sorted(said - found)),
    ]


@pytest.mark.parametrize("name", handlers())
def test_a_command_names_just_the_refusals_of_its_rule(name):
    assert wrong(handlers()[name]) == []


def unlike(refusals, rules) -> list[str]:
    """The refusals that no rule raises with the facts of their example."""
    found = {(name, facts - {"pointer"}) for rule in rules for name, facts in raised(rule)}
    return sorted(
        refusal.__name__
        for refusal in refusals
        if (refusal.__name__, frozenset(refusal.example) - {"pointer"}) not in found
    )


def test_a_refusals_example_has_the_facts_it_is_raised_with():
    refusals = {refusal for handler in handlers().values() for refusal in handler.refusals}
    assert unlike(refusals, [handler.decide for handler in handlers().values()]) == []


@pytest.mark.parametrize("refusal", [IdempotencyKeyReused, StaleVersion])
def test_an_engines_refusal_has_an_example_of_its_facts(refusal):
    assert refusal.example


class Sold(Refused):
    """There are none left."""

    example = {"left": 0}


class Shut(Refused):
    """We are closed."""


def help_yourself(command):
    raise Sold(left=0, asked=command)


def buy(command, states, context):
    help_yourself(command)


@pytest.mark.parametrize(
    ("refusals", "found"),
    [
        ((), ["Sold is not named"]),
        ((Sold,), []),
        ((Sold, Shut), ["Shut is never raised"]),
    ],
)
def test_a_refusal_that_is_not_named_or_never_raised_is_found(refusals, found):
    assert wrong(SimpleNamespace(name="buy", decide=buy, refusals=refusals)) == found


def look_around(command, states, context):
    try:
        help_yourself(command)
    except Refused:
        return {}


def test_a_refusal_that_is_caught_need_not_be_named_but_may():
    for refusals in ((), (Sold,)):
        command = SimpleNamespace(name="look", decide=look_around, refusals=refusals)
        assert wrong(command) == []


def test_an_example_of_other_facts_is_found():
    assert unlike([Sold], [buy]) == ["Sold"]
