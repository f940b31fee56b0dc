"""What the event store refuses; each docstring is the sentence an operator reads."""


def first_line(error: Exception) -> str:
    """What an error says, without the lines in which PostgreSQL shows where; never empty."""
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0]


def described(error: Exception) -> str:
    """Its class and all that it says, as text that PostgreSQL can keep."""
    said = f"{type(error).__name__}: {error}".replace("\0", "")
    return said.encode(errors="replace").decode()


def in_a_line(error: Exception) -> str:
    """Its class and the first line of what it says."""
    return described(error).splitlines()[0]


class EventStoreError(Exception):
    """The event store refused."""


class WrongExpectedVersion(EventStoreError):
    """The stream is not at the version the caller expected: load it again and decide anew."""

    def __init__(self, stream: str, expected: object, actual: int) -> None:
        super().__init__(f"{stream}: expected version {expected}, it is at {actual}")
        self.stream, self.expected, self.actual = stream, expected, actual


class DuplicateEventId(EventStoreError):
    """An event with this id is in the log already: the append was made before."""


class StoreBusy(EventStoreError):
    """Another transaction holds what this one needs: end this transaction and try again."""


class InvalidEvent(EventStoreError):
    """The event holds what the log cannot keep for ever: a float, a huge number, a NUL, …"""


class UnknownEvent(EventStoreError):
    """A typed reader met an event that no class is registered for: it stops there, never skips."""


class CheckpointConflict(EventStoreError):
    """The consumer's checkpoint is not before this position: somebody else has advanced it."""
