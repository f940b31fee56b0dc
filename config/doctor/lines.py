"""What a doctor says of each thing that was looked at."""

from dataclasses import dataclass

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """How something is, in words, and what to do about it where that is not well."""

    name: str
    state: str
    says: str
    do: str = ""
