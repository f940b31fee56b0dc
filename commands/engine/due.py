"""What the time brings about: commands that nobody asks for."""

from dataclasses import MISSING, fields

from commands.access.principal import SYSTEM
from commands.engine.decider import entities, entity_of, handler_of
from commands.engine.outcomes import Submission
from eventstore.records import category

DUE = "expiry"
"""The source of such requests."""


def due(stream: str) -> Submission:
    """The request for what is due on a stream; the product itself asks it."""
    make = entity_of(stream).when_due
    assert make is not None, f"nothing is ever due on {stream}"
    command = make(stream)
    asked = [each.name for each in fields(command) if each.default_factory is MISSING]  # type: ignore[arg-type]
    arguments = {name: str(getattr(command, name)) for name in asked}
    return Submission(
        command=command,
        name=handler_of(command).name,
        principal=SYSTEM,
        arguments=arguments,
        source=DUE,
    )


def is_ever_due(stream: str) -> bool:
    """Whether this code knows what is due on a stream; a later release may have begun it."""
    return any(each.category == category(stream) and each.when_due for each in entities())
