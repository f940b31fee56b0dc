"""A command's operation, described by what is registered of it: nothing is said a second time."""

from django.conf import settings
from rest_framework.exceptions import UnsupportedMediaType

from commands.engine.decider import handlers
from commands.engine.dispatch import shaped
from commands.engine.errors import (
    Busy,
    IdempotencyKeyReused,
    InProgress,
    Malformed,
    OutcomeUnknown,
    Refused,
    StaleVersion,
)
from eventstore import openapi
from eventstore.openapi import Operation, Schema

DRY_RUN = openapi.query(
    "dry_run",
    {"type": "boolean", "default": False},
    "Decide, but keep nothing: positions and times in the answer are null.",
)
KEY = openapi.header(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$", "examples": ["first-top-up"]},
    "Sent again with this key, the same request is not done again but answered as before.",
)
IF_MATCH = openapi.header(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$', "examples": ['"17"']},
    "The version that was read; where it is no longer the account's, nothing is done.",
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

MALFORMED = Malformed([("/amount", "An amount is a positive integer in minor units.")])
TOO_LARGE = Malformed([("", "The body is larger than 1 MiB.")], status=413)
OF_EVERY_COMMAND = (IdempotencyKeyReused, InProgress, Busy, OutcomeUnknown)


def operation(command: str, *, guarded: bool) -> Operation:
    """The operation of an address that is this command; `guarded` ones know If-Match."""
    handler, asked = handlers()[command], shaped(command)
    summary, description = openapi.sentences(handler.message)
    bodies = [body.component() for body in asked.bodies]
    key = {**KEY, "required": settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY}
    refusals = (*handler.refusals, *OF_EVERY_COMMAND, *((StaleVersion,) if guarded else ()))
    return Operation(
        id=command,
        summary=summary,
        description=description,
        shows=_answer(handler.shows),
        statuses=(201, 200) if handler.created else (200,),
        parameters=(DRY_RUN, key, *((IF_MATCH,) if guarded else ())),
        headers=("Idempotent-Replayed", "Daybook-Dry-Run"),
        body=bodies[0] if len(bodies) == 1 else {"oneOf": bodies},
        examples=asked.examples,
        errors=(
            MALFORMED,
            TOO_LARGE,
            UnsupportedMediaType("text/plain"),
            *(_raised(refusal) for refusal in refusals),
        ),
    )


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
