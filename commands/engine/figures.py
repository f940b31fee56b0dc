"""What the roll-up tells of a time: hour by hour, and which requests stand out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet, Sum

from commands.engine.errors import Cancelled
from commands.engine.models import Burst, HourlyAccount, HourlyOutcome, Request, RollUp
from commands.engine.patterns import GROWTH, UNTIMED

PERCENTS = (50, 95, 99)
CANCELLED = Cancelled.code
MOST = 10
"""So many accounts, bursts and repeated keys are told at most."""
MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)

Histogram = Counter[int]
Times = Sequence[float]
"""Milliseconds below which each of PERCENTS of the requests stayed."""


@dataclass(frozen=True, slots=True)
class Hour:
    """Requests for a command that came to the same end in an hour."""

    hour: datetime
    command: str
    queued: bool
    status: str
    code: str
    requests: int
    times: Times


@dataclass(frozen=True, slots=True)
class Latency:
    """How long requests for a command took from when they came in, or were due, to the decision."""

    command: str
    queued: bool
    requests: int
    times: Times


@dataclass(slots=True)
class Episode:
    """Minutes without a pause in each of which somebody was refused again and again."""

    principal: UUID
    since: datetime
    until: datetime
    refusals: int
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about a time; it is counted as far as `counted_until`."""

    since: datetime
    until: datetime
    counted_until: datetime | None
    hours: Sequence[Hour]
    latencies: Sequence[Latency]
    refusals: Sequence[tuple[str, int]]
    accounts: Sequence[tuple[str, int]]
    bursts: Sequence[Episode]
    repeated: Sequence[Request]

    @property
    def requests(self) -> int:
        return sum(each.requests for each in self.hours)


def figures(since: datetime, until: datetime, command: str = "") -> Figures:
    """The figures of the hours that have a part in this time, perhaps of one command alone.

    Accounts, bursts and repeated keys are those of all commands.
    """
    since, until = whole_hour(since), whole_hour(until + AN_HOUR - timedelta.resolution)
    rolled = RollUp.objects.first()
    found = HourlyOutcome.objects.filter(hour__gte=since, hour__lt=until)
    hours, latencies = _outcomes(found.filter(command=command) if command else found)
    refusals = Counter[str]()
    for each in hours:
        if each.status == "refused" and each.code != CANCELLED:
            refusals[each.code] += each.requests
    touched = HourlyAccount.objects.filter(hour__gte=since, hour__lt=until).values("account")
    busiest = touched.annotate(total=Sum("requests")).order_by("-total", "account")
    repeated = Request.objects.filter(replays__gt=0, decided_at__gte=since, decided_at__lt=until)
    repeated = repeated.order_by("-replays", "id")
    return Figures(
        since=since,
        until=until,
        counted_until=rolled.counted_until if rolled else None,
        hours=hours,
        latencies=latencies,
        refusals=sorted(refusals.items(), key=lambda each: (-each[1], each[0])),
        accounts=list(busiest.values_list("account", "total")[:MOST]),
        repeated=list(repeated[:MOST]),
        bursts=_episodes(Burst.objects.filter(minute__gte=since, minute__lt=until)),
    )


def whole_hour(time: datetime) -> datetime:
    """The beginning of the hour (UTC) that a time lies in."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _outcomes(found: QuerySet[HourlyOutcome]) -> tuple[list[Hour], list[Latency]]:
    """The hours in their order, and their histograms added up by command."""
    rows = found.order_by("hour", "command", "queued", "status", "code", "bucket").values_list(
        "hour", "command", "queued", "status", "code", "bucket", "requests"
    )
    hours, sums = [], dict[tuple[str, bool], Histogram]()
    for key, buckets in groupby(rows, key=lambda row: row[:5]):
        histogram = Counter({bucket: requests for *_, bucket, requests in buckets})
        hour, command, queued, status, code = key
        requests = histogram.total()
        timed = Counter({bucket: n for bucket, n in histogram.items() if bucket != UNTIMED})
        hours.append(Hour(hour, command, queued, status, code, requests, times(timed)))
        if timed:
            sums.setdefault((command, queued), Counter()).update(timed)
    latencies = [Latency(*key, each.total(), times(each)) for key, each in sorted(sums.items())]
    return hours, latencies


def times(histogram: Histogram) -> Times:
    """The percentiles of a histogram."""
    total, below, found = histogram.total(), 0, list[float]()
    for bucket, requests in sorted(histogram.items()):
        below += requests
        while len(found) < len(PERCENTS) and below * 100 > total * PERCENTS[len(found)]:
            found.append(milliseconds(bucket))
    return found


def milliseconds(bucket: int) -> float:
    """The time that is nearest to all of a bucket, to three digits."""
    return float(f"{2 * GROWTH**bucket / (GROWTH + 1):.3g}")


def _episodes(bursts: QuerySet[Burst]) -> list[Episode]:
    """Bursts by time; those of minutes that follow each other are one. The largest are told."""
    found: list[Episode] = []
    for principal, minutes in groupby(bursts.order_by("principal", "minute"), _principal):
        last: Burst | None = None
        worst = 0
        for each in minutes:
            if last is None or each.minute > last.minute + MINUTE:
                found.append(Episode(principal, each.first_at, each.last_at, 0, each.code))
                worst = each.refusals
            episode = found[-1]
            episode.until, episode.refusals = each.last_at, episode.refusals + each.refusals
            if each.refusals > worst:
                episode.code, worst = each.code, each.refusals
            last = each
    found = sorted(found, key=lambda each: each.refusals, reverse=True)[:MOST]
    users = get_user_model().objects.in_bulk({each.principal for each in found})
    for episode in found:
        user = users.get(episode.principal)
        episode.name = user.get_username() if user else str(episode.principal)
    return sorted(found, key=lambda each: each.since)


def _principal(burst: Burst) -> UUID:
    return burst.principal
