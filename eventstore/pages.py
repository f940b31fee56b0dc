"""Lists over HTTP: `cursor`, `limit`, `order`, and answers with `next` and `has_more`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from rest_framework.request import Request

from eventstore import cursors, openapi
from eventstore.cursors import Cursor
from eventstore.http import LogRestored, choice, integer, parameters
from eventstore.openapi import Operation, Schema

MAX_LIMIT = 1000
T = TypeVar("T")


def _parameters(order: str) -> tuple[Schema, ...]:
    """What pages are asked for with, where they come in this order unless asked otherwise."""
    orders = {**openapi.one_of("asc", "desc"), "default": order}
    return (
        openapi.query("cursor", openapi.ANY_TEXT, "The `next` of the page before."),
        openapi.limit(MAX_LIMIT),
        openapi.query("order", orders, "Oldest or lowest first, or last."),
    )


PARAMETERS = _parameters("asc")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for: after which key, how many rows, in which order.

    `times` are the parameters for which a cursor has a position.
    """

    query: Mapping[str, str]
    epoch: int
    limit: int
    descending: bool
    cursor: Cursor | None
    times: Mapping[str, str] = field(default_factory=dict)

    def after(self, start: T) -> T:
        """The key of the last row seen, or `start` on the first page."""
        return self.cursor.key if self.cursor else start

    @property
    def pinned(self) -> int | None:
        """The position that the pages before were as of, if they were."""
        return self.cursor.position if self.cursor else None

    def answer(
        self,
        name: str,
        rows: Sequence[T],
        position: int,
        *,
        show: Callable[[T], Any],
        key: Callable[[T], Any],
        pinned: int | None = None,
        clock: datetime | None = None,
    ) -> dict[str, Any]:
        """The body of a list, made of up to `limit` + 1 rows."""
        shown, more = rows[: self.limit], len(rows) > self.limit
        last = Cursor(key(shown[-1]), pinned, clock) if more else None
        following = cursors.encode(last, query=self.query, epoch=self.epoch) if last else None
        return {
            "position": position,
            name: [show(row) for row in shown],
            "next": following,
            "has_more": more,
        }


def listed(
    id_: str,
    name: str,
    item: Schema,
    *filters: Schema,
    etag: bool = False,
    order: str = "asc",
    **beside: Schema,
) -> Operation:
    """The operation of a list of these items under this name; `etag` where it may have one.

    It comes in this `order` unless asked otherwise. What stands beside it has names of its own.
    """
    shows = openapi.shape(
        f"{openapi.named(item)}List",
        "A page, and where the next one begins.",
        position=openapi.POSITION,
        **{name: openapi.listing(item)},
        next=openapi.nullable({**openapi.TEXT, "description": "The cursor of the next page."}),
        has_more={"type": "boolean", "examples": [False]},
        **beside,
    )
    return Operation(
        id=id_,
        shows=shows,
        parameters=(*_parameters(order), *filters),
        headers=("Link", "ETag") if etag else ("Link",),
        errors=(LogRestored(),),
    )


def page(
    request: Request,
    *,
    epoch: int,
    filters: Sequence[str] = (),
    pinned: Sequence[str] = (),
    order: str = "asc",
) -> Page:
    """The page a request asks for, in this `order` unless it says another.

    Parameters that nobody knows are refused.

    A cursor belongs to the values of the `filters`; instead of those of the `pinned` ones it has a
    position.

    Raises:
        BadRequest: with the parameters that are wrong.
    """
    given = parameters(request, {"cursor", "limit", "order", *filters, *pinned})
    order = choice(given, "order", ("asc", "desc")) or order
    limit = integer(given, "limit", 100, least=1, most=MAX_LIMIT)
    query = {"path": request.path, "order": order}
    query |= {name: given[name] for name in filters if name in given}
    cursor = given.get("cursor")
    found = cursors.decode(cursor, query=query, epoch=epoch) if cursor is not None else None
    times = {name: given[name] for name in pinned if name in given}
    return Page(query, epoch, limit, order == "desc", found, times)
