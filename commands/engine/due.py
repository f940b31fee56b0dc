"""What the time brings about: commands that nobody asks for."""

from dataclasses import asdict

from commands.access.principal import SYSTEM
from commands.engine.decider import entity_of, handler_of
from commands.engine.outcomes import Submission

DUE = "expiry"
"""The source of such requests."""


def due(stream: str) -> Submission:
    """The request for what is due on a stream; the product itself asks it."""
    make = entity_of(stream).when_due
    assert make is not None, f"nothing is ever due on {stream}"
    command = make(stream)
    arguments = {name: str(value) for name, value in asdict(command).items()}  # type: ignore[call-overload]
    return Submission(
        command=command,
        name=handler_of(command).name,
        principal=SYSTEM,
        arguments=arguments,
        source=DUE,
    )
