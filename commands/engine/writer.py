"""Where commands of an event loop are decided: in a thread of their own, one after the other."""

from concurrent.futures import ThreadPoolExecutor

from commands.engine.dispatch import dispatch
from commands.engine.outcomes import Outcome, Submission
from eventstore.threads import hop_to

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="daybook-writer")


async def adispatch(asked: Submission) -> Outcome:
    """`dispatch`, awaited: no thread waits, and a caller who hangs up does not stop it.

    Raises:
        Busy: others were in the way three times; nothing was done.
    """
    return await hop_to(_THREAD, dispatch, asked)
