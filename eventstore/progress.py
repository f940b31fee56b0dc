"""How far a long task has come.

On a terminal it is a line that is written over, elsewhere one now and then.
"""

from time import monotonic

from django.core.management.base import OutputWrapper

from eventstore.terminal import span

EVERY = 10.0
"""Seconds between two lines where nothing is written over."""
WIPE = "\r\033[K"
REDRAW = 0.1
"""Seconds between two states of a line that is."""


class Progress:
    """Told (done, total), it says so on a command's output, with the rate and the time left."""

    def __init__(self, stream: OutputWrapper, name: str) -> None:
        self._stream, self._name = stream, name
        self._terminal = stream.isatty()
        self._said = monotonic()
        self._first: tuple[float, int] | None = None
        self._drawn = False

    def __call__(self, done: int, total: int) -> None:
        """Say it, unless the last time is only just over; the end wipes the line out."""
        now = monotonic()
        began, first = self._first = self._first or (now, done)
        if self._terminal and done >= total:
            self.wipe()
        elif now - self._said >= (REDRAW if self._terminal else EVERY):
            self._said = now
            rate = (done - first) / (now - began) if now > began else 0.0
            self._say(self._line(done, total, rate))

    def _line(self, done: int, total: int, rate: float) -> str:
        share = f"{self._name}: {done:,} of {total:,} ({100 * done // total if total else 100} %)"
        if rate <= 0:
            return share
        return f"{share}, {rate:,.0f}/s, {span((total - done) / rate)} left"

    def _say(self, line: str) -> None:
        if self._terminal:
            self._drawn = True
            self._stream.write(f"{WIPE}{line}", str, ending="")
            self._stream.flush()
        else:
            self._stream.write(line, str)

    def wipe(self) -> None:
        """Leave nothing of it on a terminal, before something else is written there."""
        if self._drawn:
            self._drawn = False
            self._stream.write(WIPE, str, ending="")
            self._stream.flush()
