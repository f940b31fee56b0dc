"""What happened to accounts, newest first or oldest, as those may read it who may see them.

Rows are read by position. What an account is called now, and what its transfer says, is looked up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from eventstore.reading import position_before
from projections.ledger.models import Activity, Balance, Hold, Transfer
from projections.ledger.queries import Viewer, sees_every, visible

# A page has rows of so many accounts at most: of those to which something happened last.
OF_EACH = """
WITH seen AS ({accounts}), nearest AS (
    SELECT seen.account FROM seen CROSS JOIN LATERAL (SELECT position {between} LIMIT 1) AS last
    ORDER BY last.position {direction} LIMIT {limit})
SELECT found.* FROM nearest AS seen CROSS JOIN LATERAL (SELECT * {between} LIMIT {limit}) AS found
ORDER BY found.position {direction} LIMIT {limit}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: of one account, of accounts whose codes begin so, or of the viewer's own.

    Dates are those, in UTC, on which it was recorded.
    """

    account: str = ""
    prefix: str = ""
    own: bool = False
    kind: str = ""
    since: date | None = None
    until: date | None = None


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an account, with its account and transfer as they are now.

    `held` is what its holds were placed for, in minor units.
    """

    of: Activity
    account: Balance
    transfer: Transfer | None
    held: int

    @property
    def comes_in(self) -> bool:
        """Whether a posting raised the balance."""
        return (self.of.kind == "credited") == (self.account.normal_balance == "credit")

    @property
    def description(self) -> str:
        """That of its transfer."""
        return self.transfer.description if self.transfer else ""

    @property
    def others(self) -> list[str]:
        """The accounts on the other side of its transfer."""
        side = "debit" if self.of.kind == "credited" else "credit"
        legs = self.transfer.legs if self.transfer else []
        return sorted({leg["account"] for leg in legs if leg["direction"] == side})


def feed(
    viewer: Viewer,
    wanted: Wanted = ALL,
    *,
    upto: int,
    after: int = 0,
    limit: int,
    descending: bool = True,
) -> list[Happening]:
    """What happened to the accounts that the viewer may see, beginning after a position.

    `upto` is the last position of which all tables that are read know.
    """
    low, high = 0, upto + 1
    if wanted.since:
        low = position_before(_midnight(wanted.since))
    if wanted.until and wanted.until < date.max:
        high = min(high, position_before(_midnight(wanted.until + timedelta(days=1))) + 1)
    if after and descending:
        high = min(high, after)
    low = low if descending else max(low, after)
    return _told(_rows(viewer, wanted, low, high, limit, descending))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=UTC))


def _rows(
    viewer: Viewer, wanted: Wanted, low: int, high: int, limit: int, descending: bool
) -> list[Activity]:
    """Rows between two positions; where not all are seen, those of each account by themselves."""
    direction = "DESC" if descending else "ASC"
    given, kind = ({"kind": "%s"}, [wanted.kind]) if wanted.kind else ({}, [])
    if sees_every(viewer) and not (wanted.account or wanted.prefix or wanted.own):
        between = _between(given, low, high, direction)
        return list(Activity.objects.raw(f"SELECT * {between} LIMIT {limit}", kind * 2))
    accounts = visible(viewer).filter(account__startswith=wanted.prefix)
    if wanted.account:
        accounts = accounts.filter(account=wanted.account)
    if wanted.own:
        accounts = accounts.filter(owner=viewer.user)
    seen, parameters = accounts.values("account").query.sql_with_params()
    sql = OF_EACH.format(
        accounts=seen,
        between=_between({"account": "seen.account", **given}, low, high, direction),
        direction=direction,
        limit=limit,
    )
    return list(Activity.objects.raw(sql, [*parameters, *kind * 4]))


def _between(given: Mapping[str, str], low: int, high: int, direction: str) -> str:
    """SQL for the rows between two positions that have these values in these columns.

    A comparison of rows leaves the planner no index but the one that has them in this order.
    """
    columns = [*given, "position"]
    key, values = ", ".join(columns), "".join(f"{value}, " for value in given.values())
    order = ", ".join(f"{column} {direction}" for column in columns)
    return (
        f"FROM ledger_activity WHERE ({key}) > ({values}{low}) AND ({key}) < ({values}{high})"
        f" ORDER BY {order}"
    )


def _told(rows: Sequence[Activity]) -> list[Happening]:
    """These rows with what they are about."""
    accounts = Balance.objects.in_bulk({row.account for row in rows})
    transfers = Transfer.objects.in_bulk({row.transfer for row in rows if row.transfer})
    holds = Hold.objects.filter(id__in={hold for row in rows for hold in row.holds})
    held = {str(id_): amount for id_, amount in holds.values_list("id", "amount")}
    return [
        Happening(
            row,
            accounts[row.account],
            transfers.get(row.transfer),
            sum(held.get(hold, 0) for hold in row.holds),
        )
        for row in rows
    ]
