"""The figures of a time as pictures, each with the same in words for the table beside it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateformat import format as written
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as kept
from django.utils.translation import pgettext

from commands.engine import readable
from commands.engine.figures import AN_HOUR, CANCELLED, PERCENTS, Figures, Latency
from eventstore import svg
from eventstore.localized import counted

KINDS = (kept("succeeded"), kept("refused"), kept("failed"), kept("other"))
"""Outcomes as charts tell them apart; the others were cancelled or malformed."""
MOST_COLUMNS = 72
"""What is more than so many hours is shown by days."""
DAY = timedelta(days=1)


def of(figures: Figures) -> dict[str, Any]:
    """All charts of these figures, and the rows of their tables."""
    places = _stacks(figures)
    latencies = [
        (_name(each), each.requests, *map(svg.duration, each.times)) for each in figures.latencies
    ]
    refusals = [(readable.phrase(code), requests) for code, requests in figures.refusals]
    return {
        "places": places,
        "by_days": _step(figures) == DAY,
        "stacked": svg.stacked(
            _("Requests by outcome"),
            _("{requests} requests; the columns are the rows of the table below.").format(
                requests=counted(figures.requests)
            ),
            [
                svg.Column(place, values, f"{place}: {_in_words(values)}")
                for place, *values in places
            ],
            KINDS,
        ),
        "latencies": latencies,
        "spans": svg.spans(
            _("How long requests took, by command"),
            _(
                "From the time half of them stayed below to that which 99 % did; "
                "the table has both."
            ),
            [
                svg.Row(_name(each), each.times, _name(each) + ": " + _percentiles(each))
                for each in figures.latencies
            ],
        ),
        "refusals": refusals,
        "bars": svg.bars(
            _("Refusals by rule"),
            _("The bars are the rows of the table beside them."),
            [svg.Row(name, [requests], counted(requests)) for name, requests in refusals],
        ),
    }


def _step(figures: Figures) -> timedelta:
    return AN_HOUR if figures.until - figures.since <= MOST_COLUMNS * AN_HOUR else DAY


def _stacks(figures: Figures) -> list[tuple[Any, ...]]:
    """Each hour or day, also one without requests, with how many there were of each kind."""
    step = _step(figures)
    start = figures.since if step == AN_HOUR else figures.since.replace(hour=0)
    counts: Counter[tuple[int, str]] = Counter()
    for each in figures.hours:
        counts[(each.hour - start) // step, _kind(each.status, each.code)] += each.requests
    number = -((start - figures.until) // step)
    return [
        (_place(start + step * n, step), *(counts[n, kind] for kind in KINDS))
        for n in range(number)
    ]


def _kind(status: str, code: str) -> str:
    return status if status in KINDS and code != CANCELLED else "other"


def _place(at: datetime, step: timedelta) -> str:
    if step == AN_HOUR:
        return written(at, pgettext("format of an hour", "M d, H:i"))
    return written(at, pgettext("format of a day", "M d"))


def _in_words(values: list[int]) -> str:
    said = [
        f"{counted(value)} {_(kind)}" for value, kind in zip(values, KINDS, strict=True) if value
    ]
    return ", ".join(said) or _("none")


def _percentiles(of: Latency) -> str:
    pairs = zip(PERCENTS, of.times, strict=True)
    return ", ".join(f"p{percent} {svg.duration(time)}" for percent, time in pairs)


def _name(of: Latency) -> str:
    name = readable.phrase(of.command)
    return _("{command}, queued").format(command=name) if of.queued else name
