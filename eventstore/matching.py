"""What stands next in the log for somebody who follows a part of it, however rare that is."""

from collections.abc import Collection

from eventstore.reading import following, latest_position, select
from eventstore.records import Recorded

STRETCH = 10_000
"""Positions that are looked at, at most, for one answer."""


def read_matching(
    after: int, *, types: Collection[str] = (), prefix: str = "", limit: int
) -> tuple[list[Recorded], int]:
    """The next events of these types, at most `limit`, and how far the log was looked through.

    With a prefix only those of the account with this code, and of accounts whose codes go on after
    a colon. Between `after` and where looking ended there are no others.
    """
    upto = min(after + STRETCH, max(latest_position(), after))
    where, parameters = following(after, types)
    where.append("position <= %s")
    parameters.append(upto)
    if prefix:
        where.append("(stream = %s OR starts_with(stream, %s))")
        parameters += [f"account-{prefix}", f"account-{prefix}:"]
    found = select(where, parameters, order="position", limit=limit)
    return found, found[-1].position if len(found) == limit else upto
