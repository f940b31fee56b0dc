"""A command's operation, described by what is registered of it: nothing is said a second time."""

from typing import Any

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType

from commands.engine import fields
from commands.engine.bulk import MAX_COMMANDS, addressed
from commands.engine.decider import handlers
from commands.engine.dispatch import Shaped, shaped
from commands.engine.errors import (
    Busy,
    Cancelled,
    IdempotencyKeyReused,
    InProgress,
    Malformed,
    OutcomeUnknown,
    Refused,
    StaleVersion,
    StoredRefusal,
)
from commands.engine.preferences import MAX_WAIT
from eventstore import openapi
from eventstore.openapi import Operation, Schema

DRY_RUN = openapi.query(
    "dry_run",
    {"type": "boolean", "default": False},
    "Decide, but keep nothing: positions and times in the answer are null.",
)
KEY = openapi.header(
    "Idempotency-Key",
    {"type": "string", "pattern": fields.KEY, "examples": ["first-top-up"]},
    "Sent again with this key, the same request is not done again but answered as before.",
)
IF_MATCH = openapi.header(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$', "examples": ['"17"']},
    "The version that was read; where it is no longer the account's, nothing is done.",
)

NOT_BEFORE = openapi.query(
    "not_before",
    # An example would stand in the form of whoever tries it out.
    {"type": "string", "format": "date-time"},
    "Do it then or soon after, since 1970: it is accepted now, as with `Prefer: respond-async`.",
)
PREFER = openapi.header(
    "Prefer",
    {"type": "string"},
    "`respond-async`: answer 202 at once, do it later; `respond-async, wait=5`: answer as usual "
    f"if it is done within so many seconds, at most {MAX_WAIT} (RFC 7240).",
)

EVENT = openapi.shape(
    "WrittenEvent",
    "An event that a request made.",
    stream=openapi.like(openapi.TEXT, "account-customers:alan"),
    version=openapi.VERSION,
    type=openapi.like(openapi.TEXT, "ledger.account_credited"),
)
REQUEST = openapi.shape(
    "RequestOutcome",
    "What came of a request.",
    id=openapi.UUID,
    status=openapi.one_of("succeeded"),
    position=openapi.nullable(openapi.POSITION, example=812),
    events=openapi.listing(EVENT),
)

ACCEPTED = openapi.shape(
    "Accepted",
    "A request that will be done later.",
    request=openapi.shape(
        "AcceptedRequest",
        "A request of which nothing has come yet.",
        id=openapi.UUID,
        status=openapi.one_of("accepted"),
        position=openapi.nullable(openapi.POSITION),
        events=openapi.listing(EVENT),
        not_before=openapi.nullable(openapi.TIME),
    ),
)

STATUS = {"type": "integer", "minimum": 200, "maximum": 599, "examples": [201]}
OBJECT = {"type": "object", "examples": [{}]}
HEADERS = ("Idempotent-Replayed", "Daybook-Dry-Run", "Preference-Applied")

MALFORMED = Malformed([("/amount", "An amount is a positive integer in minor units.")])
TOO_LARGE = Malformed([("", "The body is larger than 1 MiB.")], status=413)
OF_EVERY_COMMAND = (IdempotencyKeyReused, Cancelled, InProgress, Busy, OutcomeUnknown)


def operation(command: str, *, guarded: bool) -> Operation:
    """The operation of an address that is this command; `guarded` ones know If-Match."""
    handler, asked = handlers()[command], shaped(command)
    summary, description = openapi.sentences(handler.message)
    bodies = [body.component() for body in asked.bodies]
    refusals = (*handler.refusals, *OF_EVERY_COMMAND, *((StaleVersion,) if guarded else ()))
    return Operation(
        id=command,
        summary=summary,
        description=description,
        shows=_answer(handler.shows),
        statuses=(201, 200) if handler.created else (200,),
        parameters=(*_of_every_write(), *((IF_MATCH,) if guarded else ())),
        headers=HEADERS,
        accepts=ACCEPTED,
        body=bodies[0] if len(bodies) == 1 else {"oneOf": bodies},
        examples=asked.examples,
        errors=(
            MALFORMED,
            TOO_LARGE,
            UnsupportedMediaType("text/plain"),
            *(_raised(refusal) for refusal in refusals),
        ),
    )


def bulk() -> Operation:
    """The operation that is several commands."""
    refusals = {each for handler in handlers().values() for each in handler.refusals}
    return Operation(
        id="bulk",
        summary="Send several commands in one request.",
        description=(
            "If it is atomic all of them are done, or none: the first that is refused says why, and"
            " `index` which one it is. Else each has an outcome of its own. What an address names"
            " stands in `data`: `account`, for one."
        ),
        shows=openapi.shape(
            "BulkOutcome",
            "What came of each, with the status and body that it would have had alone.",
            request=REQUEST,
            outcomes=openapi.listing(openapi.closed({"status": STATUS, "body": OBJECT})),
        ),
        parameters=_of_every_write(),
        headers=HEADERS,
        accepts=ACCEPTED,
        body=_bulk_body(),
        examples={"All or none": _example(atomic=True), "Each for itself": _example(atomic=False)},
        errors=(
            MALFORMED,
            TOO_LARGE,
            UnsupportedMediaType("text/plain"),
            *(_in_a_group(each) for each in sorted(refusals, key=lambda each: each.code)),
            *(_raised(each) for each in OF_EVERY_COMMAND),
        ),
    )


def _of_every_write() -> tuple[Schema, ...]:
    key = {**KEY, "required": settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY}
    return (DRY_RUN, NOT_BEFORE, key, PREFER)


def _bulk_body() -> Schema:
    """What `BulkShape` takes, with the very data that each command takes."""
    optional = {
        "idempotency_key": fields.KeyField().schema(),
        "not_before": fields.TimeField().schema(),
    }
    several = [
        openapi.closed(
            {
                "command": openapi.one_of(name),
                "data": _with_address(body.component(), asked),
                **optional,
            },
            optional=optional,
        )
        for name in addressed()
        for asked in (shaped(name),)
        for body in asked.bodies
    ]
    bounds = {"minItems": 1, "maxItems": MAX_COMMANDS}
    commands = {**openapi.listing({"anyOf": several}), **bounds}
    return openapi.closed({"atomic": fields.FlagField().schema(), "commands": commands})


def _with_address(body: Schema, asked: Shaped) -> Schema:
    """A body in which that stands too which an address would name."""
    if not asked.arguments:
        return body
    alone = openapi.components()[openapi.named(body) or ""]
    least = alone.get("minProperties", 0) + len(asked.arguments)
    return {
        **alone,
        "properties": {**asked.arguments, **alone["properties"]},
        "required": [*asked.arguments, *alone["required"]],
        "minProperties": least,
    }


def _example(*, atomic: bool) -> dict[str, Any]:
    """The first example of every command that needs no address."""
    several = [(name, shaped(name)) for name in addressed()]
    return {
        "atomic": atomic,
        "commands": [
            {"command": name, "data": next(iter(asked.examples.values()))}
            for name, asked in several
            if not asked.arguments
        ],
    }


def _in_a_group(refusal: type[Refused]) -> Refused:
    """A refusal as that of an atomic group, for which every one is a rule's no."""
    said = _raised(refusal).as_answer()
    facts = {**said["facts"], "index": 0}
    return StoredRefusal(422, {**said, "pointer": "", "facts": facts}, headers={})


def _answer(resources: tuple[str, ...]) -> Schema:
    """The request with each resource it made or changed, which the read side has described."""
    names = {resource: resource.title().replace("_", "") for resource in resources}
    shown = {resource: openapi.reference(name) for resource, name in names.items()}
    return openapi.shape(
        f"{'And'.join(names.values())}Outcome",
        "What came of a request, and what a read then shows.",
        request=REQUEST,
        **shown,
    )


def _raised(refusal: type[Refused]) -> Refused:
    return refusal(**refusal.example)
