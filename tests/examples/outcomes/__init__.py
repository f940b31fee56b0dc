"""Every kind of outcome of every command: what leads to it when the world is as `world` makes it.

A domain has a module here, or several: `CASES` of each of its commands, one success or more and
every refusal of its rule; `world`, what they are tried on, made in the order of the modules' names;
and what is `UNREACHABLE`.
"""

from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from commands.engine.decider import handlers
from tests.examples.people import SAM, Person


@dataclass(frozen=True)
class Case:
    """A body, with what an address would name in it, and what comes of it: a status and a code.

    `form` is what a person writes who asks for the same.
    """

    body: dict[str, Any]
    status: int = 422
    code: str = ""
    by: Person = SAM
    form: dict[str, str] | None = None
    expected: dict[str, int] = field(default_factory=dict)


DOMAINS = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
CASES: dict[str, list[Case]] = {
    name: cases for domain in DOMAINS for name, cases in domain.CASES.items()
}
UNREACHABLE: set[tuple[str, str]] = {pair for domain in DOMAINS for pair in domain.UNREACHABLE}
EACH = [(name, case) for name, cases in CASES.items() for case in cases]


def world() -> None:
    """What all cases are tried on."""
    for domain in DOMAINS:
        domain.world()


def missing() -> list[str]:
    """The outcomes of registered commands that have no case."""
    found = []
    for name, handler in handlers().items():
        if handler.internal:
            continue
        cases = CASES.get(name, [])
        codes = {case.code for case in cases} | {c for n, c in UNREACHABLE if n == name}
        wanted = {"", *(refusal.code for refusal in handler.refusals)}
        found += [f"{name}: {code or 'success'}" for code in sorted(wanted - codes)]
    return found
