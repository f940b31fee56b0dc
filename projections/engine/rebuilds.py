"""Read tables that staff want to have made anew: the worker has one after the other made."""

import logging
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.models import F
from django.db.models.functions import Now

from projections.engine.alone import under_way
from projections.engine.models import ProjectionState
from projections.engine.projector import projections

log = logging.getLogger(__name__)

AGAIN = 30.0
"""Seconds after which a rebuild whose process ended before it was done is begun again."""
TRIES = 3
"""So often a rebuild is begun; then it is given up."""


class Rebuilds:
    """What a worker looks at between its own steps.

    Folding takes a processor for minutes: a process of its own does that, the same command that an
    operator would give. One that is ended goes on from where it was when it is begun again.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._name = ""
        self._not_before = 0.0

    def __enter__(self) -> "Rebuilds":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        self._process.wait()
        with suppress(Error):
            # That it was ended with the worker says nothing against it.
            begun = ProjectionState.objects.filter(name=self._name, tries__gt=0)
            begun.update(tries=F("tries") - 1, tried_at=None)

    def look(self) -> None:
        """Begin the next one if none is under way."""
        if self._process is not None:
            if (ended := self._process.poll()) is None:
                return
            log.info("What made %s ended with %s", self._name, ended)
            self._process, self._not_before = None, monotonic() + AGAIN
        if name := self._next():
            log.info("%s is made anew, as somebody on staff asked", name)
            command = [
                sys.executable,
                str(settings.ROOT / "manage.py"),
                "rebuild_projections",
                name,
            ]
            self._name = name
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )

    def _next(self) -> str | None:
        """Whose turn it is; where one has just ended and is wanted still, that waits a while.

        What is wanted of other code is left to a worker of that.
        """
        codes = {each.name: each.fingerprint for each in projections()}
        wanted = ProjectionState.objects.filter(wanted_at__isnull=False, name__in=codes)
        ours = (
            each for each in wanted.order_by("wanted_at") if each.is_wanted_of(codes[each.name])
        )
        first = next(ours, None)
        if first is None:
            self._not_before = 0.0
            return None
        if monotonic() < self._not_before or under_way([first.name]):
            return None
        return first.name if _may_begin(first) else None


def _may_begin(wanted: ProjectionState) -> bool:
    """Count another try, unless a worker has just begun one; give it up after so many."""
    same = ProjectionState.objects.filter(
        name=wanted.name, wanted_at=wanted.wanted_at, tries=wanted.tries
    ).exclude(tried_at__gt=Now() - timedelta(seconds=AGAIN))
    if wanted.tries < TRIES:
        return bool(same.update(tries=F("tries") + 1, tried_at=Now()))
    why = (
        f"{wanted.name} was given up after {TRIES} attempts, each of which ended before it could"
        f" say why: run rebuild_projections {wanted.name} and see what ends it (memory, perhaps)."
    )
    if same.update(wanted_at=None, unmade=why):
        log.error("%s", why)
    return False
