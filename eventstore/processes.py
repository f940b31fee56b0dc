"""Processes that belong together."""

import ctypes
import os
import signal
import sys


def end_with(parent: int) -> None:
    """Have this process told to end when its parent is killed; end it if that has happened."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
