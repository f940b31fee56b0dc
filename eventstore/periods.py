"""Years, months and days, as addresses name them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta


class Period:
    """A year, a month or a day, as `2026`, `2026-11` or `2026-11-24`."""

    def __init__(self, *parts: int) -> None:
        self.parts = parts
        self.first = date(*(*parts, 1, 1)[:3])
        _ = self.after

    @property
    def after(self) -> date:
        """The first day that is no longer of it."""
        if len(self.parts) == 3:
            return self.first + timedelta(days=1)
        year, month = self.first.year, self.first.month
        if len(self.parts) == 1 or month == 12:
            return date(year + 1, 1, 1)
        return date(year, month + 1, 1)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        midnight = time(tzinfo=UTC)
        return datetime.combine(self.first, midnight), datetime.combine(self.after, midnight)

    @property
    def wider(self) -> "Period | None":
        return Period(*self.parts[:-1]) if len(self.parts) > 1 else None

    @property
    def narrower(self) -> Sequence["Period"]:
        """The months of a year, the days of a month."""
        if len(self.parts) == 1:
            return [Period(*self.parts, month) for month in range(1, 13)]
        if len(self.parts) == 2:
            days = (self.after - self.first).days
            return [Period(*self.parts, day) for day in range(1, days + 1)]
        return []

    def __str__(self) -> str:
        return self.first.isoformat()[: (4, 7, 10)[len(self.parts) - 1]]


def period(text: str) -> Period | None:
    """The period that a text names; None for no text.

    Raises:
        ValueError: it names none.
    """
    if not text:
        return None
    if not text.isascii() or len(text) not in (4, 7, 10):
        raise ValueError(text)
    try:
        return Period(*map(int, text.split("-")))
    except (TypeError, OverflowError) as error:
        raise ValueError(text) from error
