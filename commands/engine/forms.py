"""What stands in a form: texts in named fields, what is said of them, and the body they become."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that belongs to a place in a form, with the facts behind it."""

    sentence: str
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a template shows it."""

    name: str
    text: str
    said: list[Said]

    @property
    def id(self) -> str:
        return f"field-{self.name.replace('/', '-')}"


@dataclass(slots=True)
class Form:
    """The texts in a form's fields, its idempotency key, and what there is to say of it all.

    A field's name is the JSON pointer of its place in the body, less the slash at the beginning.
    What is said of "" is of the whole.
    """

    texts: Texts
    key: str = field(default_factory=lambda: str(uuid4()))
    said: dict[str, list[Said]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Field:
        return Field(name, self.texts.get(name, ""), self.said.get(name, []))

    def say(self, place: str, said: Said) -> None:
        """Say something of the field that a pointer leads to, or past; else of the whole."""
        while place and place not in self.texts:
            place = place.rpartition("/")[0]
        self.said.setdefault(place, []).append(said)

    def summary(self) -> list[tuple[Field, Said]]:
        """All that is said, each with its field, in the order of the fields."""
        return [
            (self[name], said) for name in ("", *self.texts) for said in self.said.get(name, [])
        ]


@dataclass(slots=True)
class Body:
    """A body made of a form; `wrong` says what could not be read, by pointer."""

    data: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
