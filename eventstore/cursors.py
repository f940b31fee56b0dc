"""Cursors: where the next page begins, signed, for just the query and log they were given for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing

from eventstore.http import BadRequest, LogRestored

_SIGNER = signing.Signer(salt="daybook.cursor")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key of the last row seen, and the position the pages are pinned to, if they are.

    `clock` is the time that it was on the first of them, where that counts.
    """

    key: Any
    position: int | None = None
    clock: datetime | None = None


def encode(cursor: Cursor, *, query: Mapping[str, str], epoch: int) -> str:
    """The cursor as opaque text: the same for the same."""
    found = [cursor.key, cursor.position, sorted(query.items()), epoch]
    if cursor.clock is not None:
        found.append(cursor.clock.isoformat())
    return _SIGNER.sign_object(found, compress=True)


def decode(text: str, *, query: Mapping[str, str], epoch: int) -> Cursor:
    """The cursor that `encode` wrote for this very query.

    Raises:
        BadRequest: it is no cursor of ours, or belongs to another query.
        LogRestored: it was given before a restore that lost events.
    """
    try:
        key, position, asked, given, *clock = _SIGNER.unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadRequest([("cursor", "This is not a cursor that was given out here.")]) from None
    if given != epoch:
        raise LogRestored
    if [tuple(pair) for pair in asked] != sorted(query.items()):
        raise BadRequest([("cursor", "This cursor belongs to another query; begin without it.")])
    return Cursor(key, position, datetime.fromisoformat(clock[0]) if clock else None)
