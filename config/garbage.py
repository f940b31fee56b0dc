"""Python's search for unreachable objects, in a process that answers for long."""

import gc

MORE = 20_000
"""So many objects more than before make Python look; a batch of commands makes about as many."""


def seldom_collect() -> None:
    """Leave alone what is loaded by now, and do not look in the middle of every batch.

    What a batch makes is gone as soon as it is answered: there is nothing to be found.
    """
    gc.freeze()
    gc.set_threshold(MORE)
