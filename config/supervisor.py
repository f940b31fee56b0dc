"""Keep child processes running: a dead one is started again, and none outlives us."""

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from config.stopping import Stop
from eventstore.processes import end_with

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 60.0
"""Seconds after which a child counts as healthy, and its next death as its first."""


@dataclass(slots=True)
class _Child:
    command: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE


class Supervisor:
    """Runs commands until SIGINT or SIGTERM; then they have `patience` seconds to end."""

    def __init__(
        self, commands: Sequence[Sequence[str]], say: Callable[[str], None], *, patience: float
    ) -> None:
        self._children = [_Child(command) for command in commands]
        self._say, self._patience = say, patience

    def run(self) -> None:
        """Return when told to stop, with every child ended."""
        stop = Stop()
        try:
            while not stop.is_set():
                self._tend()
                stop.wait(self._until_due())
        finally:
            self._end()

    def _tend(self) -> None:
        """Start what is due; plan when to start again what has died."""
        for child in self._children:
            code = child.process.poll() if child.process else None
            if child.process and code is not None:
                if monotonic() - child.started > STEADY:
                    child.pause = FIRST_PAUSE
                self._say(f"{child.command[-1]} ended with {code}; again in {child.pause:g} s.")
                child.process, child.due = None, monotonic() + child.pause
                child.pause = min(child.pause * 2, LONGEST_PAUSE)
            if child.process is None and monotonic() >= child.due:
                child.process = start(child.command)
                child.started = monotonic()

    def _until_due(self) -> float:
        due = [child.due - monotonic() for child in self._children if child.process is None]
        return max(0.01, min([1.0, *due]))

    def _end(self) -> None:
        alive = [child.process for child in self._children if child.process]
        for process in alive:
            process.terminate()
        deadline = monotonic() + self._patience
        for process in alive:
            try:
                process.wait(max(0.1, deadline - monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a child that is told to end when we are killed, and that a Ctrl-C does not reach."""
    parent = os.getpid()
    return subprocess.Popen(command, start_new_session=True, preexec_fn=lambda: end_with(parent))
