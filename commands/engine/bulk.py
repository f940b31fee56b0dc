"""Several commands in one request: all of them or none, or each for itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from commands.engine.decider import Principal, handlers
from commands.engine.dispatch import makes, submission
from commands.engine.errors import Malformed
from commands.engine.fields import (
    ChoiceField,
    FlagField,
    KeyField,
    NumberField,
    ObjectField,
    TimeField,
)
from commands.engine.outcomes import IMPORT, Group, Submission
from commands.engine.shapes import MAX_ERRORS, StrictSerializer
from eventstore.ids import uuid7

NAME = "bulk"
MAX_COMMANDS = 1_000
MAX_LINE = 10**9


def addressed() -> list[str]:
    """The commands that a client may ask for."""
    return [name for name, handler in handlers().items() if not handler.internal]


class CommandShape(StrictSerializer):
    """A command of several, as a client asks for it; `line` is that of a file it was made of."""

    command = ChoiceField(addressed)
    data = ObjectField()  # type: ignore[assignment]
    idempotency_key = KeyField(required=False)
    not_before = TimeField(required=False)
    line = NumberField(most=MAX_LINE, required=False)


class BulkShape(StrictSerializer):
    atomic = FlagField()
    commands = CommandShape(many=True, min_length=1, max_length=MAX_COMMANDS)  # type: ignore[call-arg]


@makes(NAME)
def bulk(
    payload: Mapping[str, Any],
    *,
    principal: Principal,
    arguments: Mapping[str, str] | None = None,
    id: UUID | None = None,
    **about: Any,
) -> Submission:
    """The request for all of these; what an address names stands in a command's data.

    Raises:
        Malformed: with a pointer to each place in any of them, up to 50 of them.
    """
    found, id_ = BulkShape.load(payload), id or uuid7()
    items: list[Submission] = []
    errors: list[tuple[str, str]] = []
    for index, asked in enumerate(found["commands"]):
        if len(errors) >= MAX_ERRORS:
            break
        try:
            items.append(
                submission(
                    asked["command"],
                    asked["data"],
                    principal=principal,
                    key=asked.get("idempotency_key"),
                    parent=id_,
                    source=IMPORT if about.get("source") == IMPORT else NAME,
                    **_when(asked.get("not_before"), road=about.get("road", "awaited")),
                )
            )
        except Malformed as error:
            errors += [(f"/commands/{index}/data{place}", said) for place, said in error.errors]
    if errors:
        raise Malformed(errors[:MAX_ERRORS])
    group = Group(tuple(items), atomic=found["atomic"])
    return Submission(
        command=group, name=NAME, principal=principal, payload=payload, id=id_, **about
    )


def _when(not_before: datetime | None, *, road: str) -> dict[str, Any]:
    """A command for a time to come is accepted with its bulk, and decided by itself."""
    if not_before is None:
        return {"road": road}
    return {"road": "queued", "later": True, "not_before": not_before}
