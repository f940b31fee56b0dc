"""Several read tables made again at once, each by a process of its own."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

from django.db import Error, connection

from eventstore.errors import EventStoreError, first_line, in_a_line
from eventstore.processes import end_with
from projections.engine.building import BeingMade, Progress, RebuildRefused
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection
from projections.engine.rebuild import Rebuilt, rebuild

log = logging.getLogger(__name__)

Told = Callable[[str, int, int], None]
"""Told of which projection how far it has come: positions done, positions in all."""
Running = dict[Connection, tuple[str, multiprocessing.Process]]


@dataclass(frozen=True, slots=True)
class Failed:
    """A table that stays as it was, and why."""

    name: str
    why: str


def rebuild_each(chosen: Sequence[Projection], jobs: int, told: Told) -> Iterator[Rebuilt | Failed]:
    """Rebuild these, so many at once, each as `rebuild` does; yields what became of one by one.

    One that fails stops no other. Where there is one at a time no other process is needed, and in
    a caller's transaction none could see what it has written.
    """
    if min(jobs, len(chosen)) <= 1 or connection.in_atomic_block:
        for projection in chosen:
            yield _attempt(projection, partial(told, projection.name))
        return
    connection.close()  # A connection belongs to one process.
    waiting, running = list(chosen), Running()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                _start(waiting.pop(0), running)
            for pipe in wait(list(running)):
                yield from _hear(pipe, running, told)  # type: ignore[arg-type]
    finally:
        for _, process in running.values():
            process.terminate()
            process.join()


def _start(projection: Projection, running: Running) -> None:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    # A fork has the settings and the projections that the caller has.
    context: Any = multiprocessing.get_context("fork")
    arguments = projection, theirs, os.getpid()
    process = context.Process(target=_work, name=projection.name, args=arguments)
    process.start()
    theirs.close()
    running[ours] = projection.name, process


def _work(projection: Projection, pipe: Connection, parent: int) -> None:
    """What the other process does; Ctrl-C is for the caller, who then ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with(parent)
    pipe.send(_attempt(projection, lambda done, total: pipe.send((done, total))))


def _hear(pipe: Connection, running: Running, told: Told) -> Iterator[Rebuilt | Failed]:
    name, process = running[pipe]
    try:
        said = pipe.recv()
    except EOFError:
        process.join()
        said = Failed(
            name, f"{name} could not be made anew: its process ended with {process.exitcode}"
        )
    if isinstance(said, tuple):
        told(name, *said)
        return
    del running[pipe]
    process.join()
    pipe.close()
    yield said


def _attempt(projection: Projection, progress: Progress) -> Rebuilt | Failed:
    try:
        return rebuild(projection, progress)
    except BeingMade as error:
        return Failed(projection.name, str(error))
    except RebuildRefused as error:
        return _failed(projection, str(error))
    except (EventStoreError, Error) as error:
        said = first_line(error)
    except Exception as error:
        log.exception("%s could not be made anew", projection.name)
        said = in_a_line(error)
    if not connection.in_atomic_block:
        connection.close()  # It may be lost; who comes next gets another one.
    return _failed(projection, f"{projection.name} could not be made anew: {said}")


def _failed(projection: Projection, why: str) -> Failed:
    """Note it for staff who look at the projection; whoever asked for it has had their answer."""
    with suppress(Error):
        rows = ProjectionState.objects.filter(name=projection.name)
        rows.update(wanted_at=None, unmade=why)
    return Failed(projection.name, why)
