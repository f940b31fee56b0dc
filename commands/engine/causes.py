"""What made the product itself ask for something: an event, and what that goes back to in turn."""

from dataclasses import dataclass
from uuid import UUID

from commands.engine.errors import DEEPEST, TooDeep
from eventstore.records import Recorded


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that a request reacts to, `by` which reaction, and how many led there.

    `correlation` is the request of somebody that it all goes back to.
    """

    event: UUID
    by: str
    correlation: UUID
    depth: int

    @classmethod
    def of(cls, event: Recorded, by: str) -> "Cause":
        """The cause that an event is."""
        said = event.metadata
        correlation = UUID(said["correlation"]) if "correlation" in said else event.id
        return cls(event.id, by, correlation, int(said.get("depth", 0)) + 1)

    def check(self) -> None:
        """See that this does not go on for ever.

        Raises:
            TooDeep: too many reactions led here.
        """
        if self.depth > DEEPEST:
            raise TooDeep(limit=DEEPEST)
