"""How far a read table is that is being made anew, or why the last one was not."""

from dataclasses import dataclass
from datetime import datetime

from projections.engine.building import FEW
from projections.engine.models import ProjectionState
from projections.engine.rebuilds import TRIES


@dataclass(frozen=True, slots=True)
class Making:
    """The next table of a projection, of which `done` of all positions are in it.

    `rate` is in positions a second since the run began, None while that cannot be told.
    """

    done: int
    total: int
    is_under_way: bool
    wanted_at: datetime | None
    is_of_other_code: bool
    tries: int
    rate: float | None
    unmade: str

    @property
    def phase(self) -> str:
        """What happens to it now."""
        if self.is_under_way:
            if self.total - self.done <= FEW:
                return "indexes are made, then it takes the place of the live table"
            return "events are read"
        if self.wanted_at:
            by = "a worker of the code that was there when it was asked for"
            waits = f"waits for {by if self.is_of_other_code else 'a worker'}"
            return f"{waits}; begun {self.tries} of {TRIES} times" if self.tries else waits
        return "was stopped: the next run goes on from there" if self.done else ""

    @property
    def told(self) -> str:
        """All of it in a line; empty where nothing is made."""
        if not self.total or not (self.done or self.is_under_way):
            return self.phase
        share = f"{self.done:,} of {self.total:,} positions ({100 * self.done // self.total} %)"
        said = f"{share}; {self.phase}"
        if self.rate is None or self.total - self.done <= FEW:
            return said
        left = (self.total - self.done) / self.rate
        return f"{said}; {self.rate:,.0f} positions a second, {_span(left)} left"


def making(state: ProjectionState, total: int, *, is_under_way: bool, code: str = "") -> Making:
    """How the next table of a projection stands, with the log at `total` positions.

    `code` is the fingerprint of the code at hand.
    """
    return Making(
        done=min(state.loaded or 0, total),
        total=total,
        is_under_way=is_under_way,
        wanted_at=state.wanted_at,
        is_of_other_code=bool(state.wanted_at) and not state.is_wanted_of(code),
        tries=state.tries,
        rate=_rate(state) if is_under_way else None,
        unmade=state.unmade,
    )


def _rate(state: ProjectionState) -> float | None:
    if state.loaded_at is None or state.began_at is None:
        return None
    seconds = (state.loaded_at - state.began_at).total_seconds()
    done = (state.loaded or 0) - (state.began or 0)
    return done / seconds if seconds > 0 and done > 0 else None


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
