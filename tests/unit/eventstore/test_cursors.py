"""A cursor opens the next page of the query it was given for, and nothing else."""

import pytest

from eventstore.cursors import Cursor, decode, encode
from eventstore.http import BadRequest, LogRestored

QUERY = {"path": "/api/v1/accounts", "order": "asc", "prefix": "shop:"}


def given(cursor: Cursor, query=QUERY, epoch=1) -> str:
    return encode(cursor, query=query, epoch=epoch)


@pytest.mark.parametrize("key", ["shop:1", 10**12, ["2026-01-31", 7], None])
@pytest.mark.parametrize("position", [None, 812])
def test_it_comes_back_as_it_was_given(key, position):
    text = given(Cursor(key, position))
    assert decode(text, query=dict(reversed(QUERY.items())), epoch=1) == Cursor(key, position)


@pytest.mark.parametrize("change", [{"order": "desc"}, {"prefix": "s"}, {"path": "/"}, {"new": ""}])
def test_it_belongs_to_one_query(change):
    with pytest.raises(BadRequest) as caught:
        decode(given(Cursor("a")), query={**QUERY, **change}, epoch=1)
    assert caught.value.errors[0][0] == "cursor"


def test_it_belongs_to_one_life_of_the_log():
    with pytest.raises(LogRestored):
        decode(given(Cursor("a"), epoch=1), query=QUERY, epoch=2)


@pytest.mark.parametrize(
    "text", ["", "a", "a:b", "a:b:c", ":::", "é", "\0", "..", "x" * 100_000, "W10:1t:sig"]
)
def test_it_takes_no_other_text(text):
    with pytest.raises(BadRequest):
        decode(text, query=QUERY, epoch=1)


def test_it_notices_a_changed_letter():
    text = given(Cursor("shop:1", 812))
    for at, letter in enumerate(text):
        changed = text[:at] + ("B" if letter == "A" else "A") + text[at + 1 :]
        with pytest.raises(BadRequest):
            decode(changed, query=QUERY, epoch=1)


def test_it_takes_nothing_signed_for_another_purpose():
    from django.core import signing

    with pytest.raises(BadRequest):
        decode(signing.dumps(["a", None, sorted(QUERY.items()), 1]), query=QUERY, epoch=1)
