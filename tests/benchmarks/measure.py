"""Figures: how often in a second, how long the middle one took, and how long the slow ones."""

import asyncio
import math
import statistics
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

WARM = 0.3
"""Seconds that every contender works before it is measured."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Operations per second, and milliseconds within which half and 99 of 100 of them ended."""

    per_s: float
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, took: Sequence[float], seconds: float) -> "Figures":
        """From the seconds that each operation took, all of them ended within `seconds`."""
        if not took:
            return cls(0.0, math.inf, math.inf)
        ordered = sorted(took)
        return cls(
            len(took) / seconds, percentile(ordered, 50) * 1000, percentile(ordered, 99) * 1000
        )

    def rounded(self) -> dict[str, float]:
        return {name: float(f"{value:.4g}") for name, value in asdict(self).items()}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of these that at least so many percent of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def middle(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure over the rounds."""
    return Figures(
        statistics.median(each.per_s for each in rounds),
        statistics.median(each.p50_ms for each in rounds),
        statistics.median(each.p99_ms for each in rounds),
    )


def alternating(
    contenders: Mapping[str, Callable[[], Figures]], rounds: int, what: str
) -> dict[str, dict[str, float]]:
    """Each contender's middle figures; they take turns, in an order that differs by round."""
    found: dict[str, list[Figures]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            figures = contenders[name]()
            found[name].append(figures)
            say(
                f"{what}, {name}: {figures.per_s:,.0f}/s, p50 {figures.p50_ms:.1f} ms,"
                f" p99 {figures.p99_ms:.1f} ms"
            )
    return {name: middle(each).rounded() for name, each in found.items()}


def say(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class _Clock:
    """Collects what ended while it was measured; before that, everybody warms up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.begin = time.perf_counter() + WARM
        self.end = self.begin + seconds
        self.took: list[float] = []

    def note(self, began: float) -> bool:
        """Whether to go on."""
        now = time.perf_counter()
        if self.begin <= now <= self.end:
            self.took.append(now - began)
        return now < self.end

    def figures(self) -> Figures:
        return Figures.of(self.took, self.seconds)


async def of_coroutines(
    callers: int, seconds: float, work: Callable[[], Awaitable[object]]
) -> Figures:
    """So many callers of an event loop, each of whom asks again once it is answered."""
    clock = _Clock(seconds)

    async def caller() -> None:
        going = True
        while going:
            began = time.perf_counter()
            await work()
            going = clock.note(began)

    await asyncio.gather(*(caller() for _ in range(callers)))
    return clock.figures()


def of_threads(callers: int, seconds: float, work: Callable[[], object]) -> Figures:
    """So many callers in threads, each of whom asks again once it is answered."""
    clock = _Clock(seconds)
    gate = threading.Barrier(callers)

    def caller() -> None:
        gate.wait()
        going = True
        while going:
            began = time.perf_counter()
            work()
            going = clock.note(began)

    with ThreadPoolExecutor(callers) as pool:
        for each in [pool.submit(caller) for _ in range(callers)]:
            each.result()
    return clock.figures()
