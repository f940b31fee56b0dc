"""Read tables that staff want to have made anew: the worker has one after the other made."""

import logging
import subprocess
import sys
from time import monotonic
from typing import Any

from django.conf import settings

from projections.engine.alone import under_way
from projections.engine.models import ProjectionState
from projections.engine.projector import projections

log = logging.getLogger(__name__)

AGAIN = 30.0
"""Seconds after which one is begun again whose process ended without having done it."""


class Rebuilds:
    """What a worker looks at between its own steps.

    Folding takes a processor for minutes: a process of its own does that, the same command that an
    operator would give. One that is ended goes on from where it was when it is begun again.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def __enter__(self) -> "Rebuilds":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def look(self) -> None:
        """Begin the next one if none is under way."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._process, self._not_before = None, monotonic() + AGAIN
        if name := self._next():
            log.info("%s is made anew, as somebody on staff asked", name)
            command = [
                sys.executable,
                str(settings.ROOT / "manage.py"),
                "rebuild_projections",
                name,
            ]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )

    def _next(self) -> str | None:
        """Whose turn it is; where one has just ended and is wanted still, that waits a while."""
        known = [each.name for each in projections()]
        wanted = ProjectionState.objects.filter(wanted_at__isnull=False, name__in=known)
        name = wanted.order_by("wanted_at").values_list("name", flat=True).first()
        if name is None:
            self._not_before = 0.0
            return None
        return None if monotonic() < self._not_before or under_way([name]) else str(name)
