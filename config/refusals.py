"""Every "no" of the product by its code, told by what raises it: docs/refusals.md, `/problems/`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.http import HttpResponse
from django.utils.translation import override
from rest_framework import exceptions

from commands.engine import errors
from commands.engine.decider import Handler, handlers
from commands.engine.errors import Malformed, Refused, StoredRefusal
from commands.engine.openapi import OF_EVERY_COMMAND
from config import routing
from config.problems import TOO_SLOW, UNAVAILABLE, foreseen, problem
from eventstore.http import BadRequest, LogRestored, NotFound, ViewBehind

TEXT = """\
# What is refused, and what to do

Every "no" of the API is `application/problem+json` (RFC 9457). Its `code` is stable, for
programs; its `detail` is a sentence for people. Beside them stand the facts that led to it, and
`errors` point at what is wrong in the body or the query. Of several commands in one request,
`index` says which one was refused. The `type`, `/problems/<code>`, is a page that says what stands
here.

Made by `manage.py write_refusals` from the code that refuses.

## What to do

| status | then |
|---|---|
{statuses}

## Codes

A dash stands where no command's own rule says it, but HTTP, or what is there around commands.

| code | status | what it says | facts | said to |
|---|---|---|---|---|
{codes}

## Commands

Addresses are those below `/api/v1`. Any command may be refused with
{common} as well.

| command | address | success | its own refusals |
|---|---|---|---|
{commands}
"""

AGAIN = "Send the same again, after the seconds of `Retry-After`."
THEN: Mapping[int, str] = {
    400: "Correct what `errors` point at, and send it under the same `Idempotency-Key`.",
    401: "Send a token that is valid, or log in.",
    403: "Ask somebody who has the right.",
    404: "Check the name. What is not yours to see is not found either.",
    405: "Use a method that `Allow` names.",
    406: "Accept `application/json`.",
    408: "Send it again at once.",
    409: AGAIN,
    410: "Begin again at the first page.",
    412: "Read it again, and decide anew.",
    413: "Send less at once.",
    415: "Send `application/json`.",
    422: "A rule says no: ask for something else, with a new `Idempotency-Key`.",
    429: AGAIN,
    500: "Tell whoever runs the ledger. Nothing was done.",
    503: AGAIN,
    504: "Look under `Location`, or send the same again with its `Idempotency-Key`.",
}
"""What whoever gets a status does next."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A code with its status and sentence, names of its facts, and the commands whose rule it is.

    `common` ones are said to any command.
    """

    code: str
    status: int
    says: str
    facts: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    common: bool = False

    @property
    def then(self) -> str:
        return THEN[self.status]


@cache
def problems() -> Mapping[str, Problem]:
    """Every code there is, in alphabetical order; in English, whoever asks first."""
    with override("en"):
        found = {each.code: each for each in (*_of_http(), *map(_refused, _refusals()))}
    return dict(sorted(found.items()))


def _refusals() -> set[type[Refused]]:
    """What the engine refuses, and what each command's rule does."""
    engines = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Refused)
    }
    rules = {refusal for handler in handlers().values() for refusal in handler.refusals}
    return (engines | rules) - {Refused, StoredRefusal}


def _refused(refusal: type[Refused]) -> Problem:
    facts = {name: value for name, value in refusal.example.items() if name != "pointer"}
    return Problem(
        code=refusal.code,
        status=refusal.status,
        says=refusal(**facts).detail,
        facts=tuple(facts),
        commands=tuple(name for name, each in handlers().items() if refusal in each.refusals),
        common=refusal in OF_EVERY_COMMAND,
    )


def _of_http() -> Iterator[Problem]:
    """What is refused before anybody knows what is asked, or without a command."""
    raised = (
        BadRequest([]),
        Malformed([], status=413),
        NotFound(),
        LogRestored(),
        ViewBehind(0),
        exceptions.NotAuthenticated(),
        exceptions.MethodNotAllowed("PUT"),
        exceptions.NotAcceptable(),
        exceptions.UnsupportedMediaType("text/plain"),
        exceptions.Throttled(),
    )
    answers = [foreseen(error) for error in raised]
    answers += [problem("too-slow", TOO_SLOW), problem("unavailable", UNAVAILABLE)]
    for answer in answers:
        body = json.loads((answer or HttpResponse()).content)
        yield Problem(code=body["code"], status=body["status"], says=body["detail"])


# --- the text --------------------------------------------------------------------------------


def text() -> str:
    """What docs/refusals.md says, as long as the code says so."""
    every = problems().values()
    return TEXT.format(
        statuses=_rows(sorted({(str(each.status), each.then) for each in every})),
        codes=_rows(map(_told, every)),
        common=_listed(each.code for each in every if each.common),
        commands=_rows(_command(each) for each in handlers().values()),
    )


def _told(of: Problem) -> tuple[str, ...]:
    to = _listed(of.commands) or ("any command" if of.common else "–")
    return f"`{of.code}`", str(of.status), of.says, _listed(of.facts), to


def _command(of: Handler) -> tuple[str, ...]:
    success = f"{201 if of.created else 200}, {_listed(of.shows)}"
    address = _addresses().get(of.name, "by itself")
    return f"`{of.name}`", address, success, _listed(each.code for each in of.refusals)


def _addresses() -> Mapping[str, str]:
    """Each command's method and path, for those that have one."""
    return {
        command: f"`{method} /{_PARAMETER.sub('{', path).replace('>', '}')}`"
        for path, views in routing.routes().items()
        for method, view in views.items()
        if (command := getattr(getattr(view, "cls", None), "command", None))
    }


_PARAMETER = re.compile(r"<\w+:")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
