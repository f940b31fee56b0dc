"""Values are read as they were written, and nothing is read that the class does not know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from eventstore.values import UNCHANGED, Amount, Unchanged, codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    id: UUID
    parts: tuple[Part, ...]
    day: date
    at: datetime | None = None
    note: str | Unchanged = UNCHANGED
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Loose:
    """A class as others may write it: not frozen, without slots, which looks at its members."""

    count: int = 0

    def __post_init__(self) -> None:
        self.double = 2 * self.count


ID = UUID("018f8b5e-0000-7000-8000-00000000abcd")
DATA = {"id": str(ID), "parts": [{"amount": "7"}], "day": "2026-01-31"}


def test_what_is_read_is_what_was_written():
    write, read = codec(Whole)
    value = Whole(
        id=ID, parts=(Part(amount=10**30),), day=date(2026, 1, 31),
        at=datetime(2026, 1, 31, 12, tzinfo=UTC), note="Paid", facts={"a": "b"},
    )  # fmt: skip
    assert read(write(value)) == value
    assert write(value)["parts"] == [{"amount": "1" + 30 * "0"}]


def test_what_is_left_out_is_the_default_and_is_nobody_elses():
    _, read = codec(Whole)
    one, other = read(DATA), read(DATA)
    assert one == Whole(id=ID, parts=(Part(amount=7),), day=date(2026, 1, 31))
    assert one.facts == {}
    assert one.facts is not other.facts
    with pytest.raises(AttributeError):
        one.day = date(2026, 2, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({**DATA, "colour": "red"}, r"Whole has no \{'colour'\}"),
        ({"id": str(ID), "parts": []}, "Whole lacks 'day'"),
        ({**DATA, "parts": [{}]}, "Part lacks 'amount'"),
    ],
)
def test_other_members_than_the_class_has_are_refused(data, said):
    with pytest.raises(TypeError, match=said):
        codec(Whole)[1](data)


@pytest.mark.parametrize("text", ["", "018f", "018f8b5e-0000-7000-8000-00000000abcg", 32 * "-"])
def test_what_is_no_uuid_is_refused(text):
    with pytest.raises(ValueError, match=r"UUID|hexadecimal|int"):
        codec(Whole)[1]({**DATA, "id": text})


@pytest.mark.parametrize("text", [str(ID), str(ID).upper(), ID.hex, ID.urn, f"{{{ID}}}"])
def test_a_uuid_is_read_however_it_is_written(text):
    read = codec(Whole)[1]({**DATA, "id": text}).id
    assert read == ID
    assert (hash(read), str(read), read.is_safe) == (hash(ID), str(ID), ID.is_safe)


def test_a_class_of_any_kind_is_made_as_it_would_make_itself():
    read = codec(Loose)[1]
    assert (read({"count": 4}).double, read({}).double) == (8, 0)
    read({}).count = 5
