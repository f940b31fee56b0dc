"""A bounded pool of threads for what waits on the database while an event loop goes on."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

POOL = ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1)), thread_name_prefix="daybook")


async def hop(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Call a function in a thread of the pool, on that thread's own database connection."""
    return await hop_to(POOL, function, *arguments, **options)


async def hop_to(
    threads: Executor, function: Callable[P, T], *arguments: P.args, **options: P.kwargs
) -> T:
    """Call a function in one of these threads; it runs to its end even if the caller goes away."""
    context = copy_context()

    def work() -> T:
        close_old_connections()
        try:
            return context.run(function, *arguments, **options)
        finally:
            close_old_connections()

    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(threads, work))
