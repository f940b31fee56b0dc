"""Which time a read is about: `?as_of` (business), `?known_at`, `?at_position` (what was known)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db import models
from django.utils.translation import gettext as _

from eventstore import openapi
from eventstore.http import BadRequest, day, integer, moment
from eventstore.pages import Page
from eventstore.store import latest_position, position_at
from projections.engine.reading import snapshot
from projections.ledger.history import Moment
from projections.ledger.models import AccountDetails, Entry, Hold, Transfer

AS_OF = openapi.query("as_of", openapi.DATE, "Only what has this business date or an earlier one.")
KNOWN = (
    openapi.query("known_at", openapi.TIME, "As it was known at this time, which is not to come."),
    openapi.query(
        "at_position",
        {"type": "integer", "minimum": 0},
        "As it was known at this position; not with `known_at`.",
    ),
)
PARAMETERS = (AS_OF, *KNOWN)
PINNED = ("known_at", "at_position")
"""A cursor belongs to no one value of these: it brings the position itself."""
NAMES = {"as_of", *PINNED}


@contextmanager
def then(
    asked: Mapping[str, str] | Page,
    *tables: type[models.Model],
    whole: Callable[[int], int] | None = None,
) -> Iterator[Moment]:
    """A snapshot of these tables, and of what tells of earlier times, and the moment asked for.

    `whole` says to which position an earlier one is moved back.

    Raises:
        BadRequest: the moment is yet to come, or it is named twice.
        ViewBehind: not all of these tables have the events up to it yet.
        StoreBusy: what may be recorded by then is in flight for too long.
    """
    if isinstance(asked, Page):
        given: Mapping[str, str] = {**asked.query, **asked.times}
        cursor = asked.cursor
    else:
        given, cursor = asked, None
    position = _position(given)  # What it waits for is to be in the snapshot.
    pinned = cursor.position if cursor else None
    is_now = pinned is None and NAMES.isdisjoint(given)
    earlier = () if is_now else (AccountDetails, Entry, Hold, Transfer)
    least = max(position or 0, pinned or 0)
    with snapshot(*{*tables, *earlier}, least=least) as head:
        if position is not None and position > head:
            said = _("The log ends at position {position}.").format(position=latest_position())
            raise BadRequest([("at_position", said)])
        if whole and position is not None and position < head:
            position = whole(position)
        if cursor is not None:
            if position is not None and position != cursor.position:
                raise BadRequest([("cursor", _("This cursor belongs to another time."))])
            position = cursor.position
        on = day(given, "as_of")
        if position is None:
            yield Moment(head, on)
            return
        clock = cursor.clock if cursor else None
        yield Moment(position, on, past=position < head, fixed=True, clock=clock)


def _position(given: Mapping[str, str]) -> int | None:
    """The position, or that of the time, that is asked for; None when none is."""
    if "known_at" in given and "at_position" in given:
        raise BadRequest([("known_at", _("Give this or at_position, not both."))])
    if "at_position" in given:
        return integer(given, "at_position", 0, least=0, most=2**63 - 1)
    time = moment(given, "known_at")
    if time is None:
        return None
    found = position_at(time)
    if found is None:
        raise BadRequest([("known_at", _("This time is yet to come."))])
    return found
