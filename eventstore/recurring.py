"""Dates that come again: every day, week or month, counted from the first one."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal

Every = Literal["day", "week", "month"]

_DAYS = {"day": 1, "week": 7}


def following(first: date, every: Every, day: date) -> date | None:
    """The date of a series that comes after `day`, which is one of its dates.

    A month without the day of the first date has its last day instead; the months after it have
    that day again. None when the calendar ends.
    """
    try:
        if every != "month":
            return day + timedelta(days=_DAYS[every])
        months = 12 * day.year + day.month  # Of the month after it, January of the year 0 being 0.
        year, month = months // 12, months % 12 + 1
        return date(year, month, min(first.day, monthrange(year, month)[1]))
    except (OverflowError, ValueError):
        return None
