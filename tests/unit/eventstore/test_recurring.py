"""Dates that come again: one after the other, each once, and at the ends of months the last day."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.recurring import following

YEARS = 20
DAYS = st.dates(date(1999, 1, 1), date(2110, 12, 31))


def series(first, every, many):
    """The first dates of a series."""
    found = [first]
    while len(found) < many:
        found.append(following(first, every, found[-1]))
    return found


@given(DAYS)
def test_every_month_has_one_date_and_it_is_the_day_or_the_last_before_it(first):
    dates = series(first, "month", 12 * YEARS)
    months = [12 * day.year + day.month for day in dates]
    assert months == list(range(months[0], months[0] + 12 * YEARS))
    for day in dates:
        assert day.day == min(first.day, monthrange(day.year, day.month)[1])


@given(DAYS, st.sampled_from([("day", 1, 366 * YEARS), ("week", 7, 53 * YEARS)]))
def test_days_and_weeks_are_all_as_far_apart(first, kind):
    every, apart, many = kind
    dates = series(first, every, many)
    assert {after - before for before, after in pairwise(dates)} == {timedelta(days=apart)}
    assert dates[0] == first


@pytest.mark.parametrize(
    ("first", "dates"),
    [
        ("2027-10-31", "2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31 2028-04-30"),
        ("2026-01-30", "2026-02-28 2026-03-30 2026-04-30 2026-05-30 2026-06-30 2026-07-30"),
        ("2028-02-29", "2028-03-29 2028-04-29 2028-05-29 2028-06-29 2028-07-29 2028-08-29"),
    ],
)
def test_a_short_month_does_not_shorten_those_after_it(first, dates):
    found = series(date.fromisoformat(first), "month", 7)[1:]
    assert " ".join(day.isoformat() for day in found) == dates


@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_behind_the_end_of_the_calendar_there_is_none(every):
    assert following(date.max, every, date.max) is None
