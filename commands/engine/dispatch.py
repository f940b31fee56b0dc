"""From what came in to what came of it: the road every caller takes to `run`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

from commands.engine import writer
from commands.engine.decider import Command, Principal
from commands.engine.deciding import insist
from commands.engine.errors import Malformed
from commands.engine.fields import NO_KEY, is_key
from commands.engine.outcomes import Outcome, Submission
from commands.engine.run import rehearse
from eventstore.openapi import Schema

Shape = Callable[[Mapping[str, Any], Mapping[str, str]], Command]
"""Turns a body and the path's arguments into a message, or raises `Malformed`."""


class Body(Protocol):
    """A form of a command's JSON body."""

    def component(self) -> Schema: ...


@dataclass(frozen=True, slots=True)
class Shaped:
    """How requests for a command look: any one of `bodies`, with a valid example or more.

    `arguments` are what an address names, by name, each with its JSON Schema.
    """

    shape: Shape
    arguments: Mapping[str, Schema]
    bodies: tuple[Body, ...]
    examples: Mapping[str, Mapping[str, Any]]


Maker = Callable[..., Submission]
"""Makes the request of a body: `maker(payload, *, principal, **about)`."""

_shapes: dict[str, Shaped] = {}
_makers: dict[str, Maker] = {}


def makes(name: str) -> Callable[[Maker], Maker]:
    """Register how a request that is no one command, but is asked for by a name, is made."""

    def register(maker: Maker) -> Maker:
        _makers[name] = maker
        return maker

    return register


def names() -> list[str]:
    """What may be asked for: every command, and requests of several."""
    return sorted([*_shapes, *_makers])


def shapes(
    name: str,
    *,
    body: tuple[Body, ...],
    examples: Mapping[str, Mapping[str, Any]],
    arguments: Mapping[str, Schema] | None = None,
) -> Callable[[Shape], Shape]:
    """Register how a command's JSON body becomes its message.

    `arguments` are what an address names, such as the account; where there is no address, they
    stand in the body.
    """

    def register(shape: Shape) -> Shape:
        _shapes[name] = Shaped(shape, arguments or {}, body, examples)
        return shape

    return register


def shaped(name: str) -> Shaped:
    """How requests for the command of this name look."""
    return _shapes[name]


def submission(
    name: str,
    payload: Mapping[str, Any],
    *,
    principal: Principal,
    arguments: Mapping[str, str] | None = None,
    **about: Any,
) -> Submission:
    """A request for the command of this name, its body checked for shape but for no rule.

    Without `arguments`, those of the address are taken out of the payload.

    Raises:
        Malformed: the command is unknown, or the body or the key does not have its form.
    """
    if name not in _shapes and name not in _makers:
        raise Malformed([("", f"There is no command {name}; there are {', '.join(names())}.")])
    key = about.get("key")
    if key is not None and not is_key(key):
        raise Malformed([("", NO_KEY)])
    if maker := _makers.get(name):
        return maker(payload, principal=principal, **about)
    known = shaped(name)
    if arguments is None:
        arguments, payload = _parted(payload, known.arguments)
    return Submission(
        command=known.shape(payload, arguments),
        name=name,
        principal=principal,
        payload=payload,
        arguments=arguments,
        **about,
    )


def _parted(
    payload: Mapping[str, Any], names: Iterable[str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """A payload in which the address stands too, as address and body."""
    wrong = [(f"/{name}", "This must be a string.") for name in names if not _text(payload, name)]
    if wrong:
        raise Malformed(wrong)
    path = {name: payload[name] for name in names}
    return path, {key: value for key, value in payload.items() if key not in names}


def _text(payload: Mapping[str, Any], name: str) -> bool:
    return isinstance(payload.get(name), str)


def dispatch(asked: Submission) -> Outcome:
    """Decide one request now: by the writer where there is one, else on this connection.

    Raises:
        Busy: others were in the way until its time was up; nothing was done.
        OutcomeUnknown: the database did not say what came of it.
    """
    if writer.is_running() and not connection.in_atomic_block:
        return writer.decided(asked)
    (result,) = insist([asked])
    if isinstance(result, Exception):
        raise result
    return result


def dry_run(asked: Submission) -> Outcome:
    """What would come of this request now: nothing is locked, written or kept, no key is used."""
    return rehearse(asked)[0]
