"""The machine and its settings: room, clocks, what was verified when."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils import timezone

from config import verified
from config.doctor.lines import OK, PROBLEM, WARNING, Line
from eventstore import head
from eventstore.terminal import size, span

LITTLE, TOO_LITTLE = 0.10, 0.02
"""Shares of a disk that are to be free."""
OFF, FAR_OFF = timedelta(seconds=1), timedelta(seconds=30)
"""How far two clocks may be from each other."""
SELDOM = timedelta(days=8)
"""After so long a ledger that nobody verified is worth a warning."""
VERIFY = "Run `manage.py verify`."


def deployed() -> Iterator[Line]:
    """The settings, as `manage.py check --deploy` judges them."""
    found = checks.run_checks(include_deployment_checks=True)
    wrong = [each for each in found if each.level >= checks.ERROR]
    for each in wrong:
        yield Line("production", PROBLEM, f"{each.id}: {each.msg}", each.hint or "")
    if worth := [str(each.id) for each in found if each not in wrong]:
        do = "In production follow `manage.py check --deploy`."
        yield Line("production", WARNING, f"settings are not those of it: {', '.join(worth)}", do)
    elif not wrong:
        yield Line("production", OK, "settings are those of it")


def disk() -> Iterator[Line]:
    """How much room is left where we write."""
    places = [settings.HOME, *([settings.EMBEDDED.cluster.place] if settings.EMBEDDED else [])]
    disks = {place.stat().st_dev: place for place in places if place.exists()}
    yield from map(_room, disks.values())


def _room(place: Path) -> Line:
    usage = shutil.disk_usage(place)
    share = usage.free / usage.total
    said = f"{size(usage.free)} of {size(usage.total)} free ({share:.0%}) at {place}"
    state = PROBLEM if share < TOO_LITTLE else WARNING if share < LITTLE else OK
    do = "Make room; `manage.py stats` says what is large, `forget_requests` forgets."
    return Line("disk", state, said, "" if state == OK else do)


def clock() -> Iterator[Line]:
    """Whether the clocks of the database, of this machine and of the log agree."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        ((theirs,),) = cursor.fetchall()
    ours = before + (timezone.now() - before) / 2
    apart = abs(theirs - ours)
    do = "Let both machines keep their time by NTP."
    said = f"the database's is {apart.total_seconds():.3f} s from this machine's"
    state = PROBLEM if apart > FAR_OFF else WARNING if apart > OFF else OK
    zone = settings.DAYBOOK_BOOK_TIME_ZONE
    today = f"it is {theirs.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} in the book's zone, {zone}"
    yield Line("clock", state, f"{said}; {today}", "" if state == OK else do)
    last = head.current().recorded_at
    if last and (ahead := datetime.fromisoformat(last) - theirs) > OFF:
        said = f"the last event is {span(ahead.total_seconds())} ahead of the database's clock"
        do = "That clock was set back: set it right; until then all that happens bears that time."
        yield Line("clock", PROBLEM, said, do)


def last_verified() -> Iterator[Line]:
    """What the last runs of `verify` on this machine found."""
    now = head.current()
    runs = [each for each in verified.recall() if each.epoch == now.epoch]
    if not runs:
        yield Line("verify", WARNING, "never run here on this log", VERIFY)
    for run in runs:
        age = datetime.now(UTC) - run.at
        whole = "everything" if not run.after else f"what came after {run.after}"
        said = f"{span(age.total_seconds())} ago, {whole} up to position {run.position}: "
        if run.differs:
            do = (
                "docs/verifying.md says what each check means; `verify --repair` makes tables anew."
            )
            yield Line("verify", PROBLEM, f"{said}{', '.join(run.differs)} differ", do)
        elif age > SELDOM and run is runs[-1]:
            yield Line("verify", WARNING, f"{said}nothing differed", VERIFY)
        else:
            yield Line("verify", OK, f"{said}nothing differed")
