"""Being told to stop by a signal, at whatever moment it comes."""

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial


class Stop:
    """Set by SIGINT or SIGTERM, once and for all.

    A handler runs in the middle of what the main thread does. `threading.Event` takes a lock to be
    set, which the main thread may hold just then: both would wait for ever. A pipe has no lock.
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        self._told = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        for number in numbers or (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._tell)

    def is_set(self) -> bool:
        return self._told

    def wait(self, timeout: float) -> bool:
        """Wait until told, or for `timeout` seconds; whether it was told."""
        if not self._told:
            select.select([self._reader], [], [], timeout)
        return self._told

    def tell(self) -> None:
        """Stop without a signal."""
        self._tell()

    def _tell(self, *_: object) -> None:
        self._told = True
        with suppress(BlockingIOError):
            os.write(self._writer, b"!")


def when_told(then: Callable[[], object]) -> None:
    """Have this called too when SIGINT or SIGTERM comes, whatever else is done then.

    It is called in the middle of what the main thread does.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if callable(before := signal.getsignal(number)):
            signal.signal(number, partial(_both, then, before))


def _both(then: Callable[[], object], before: Callable[..., object], *told: object) -> None:
    then()
    before(*told)
