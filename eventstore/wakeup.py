"""Being woken by what is announced: LISTEN on a connection of one's own, a limit as fallback."""

import os
import select
import threading
from contextlib import suppress
from typing import Any, Self

import psycopg
from django.conf import settings
from django.db import connection


def session_parameters() -> dict[str, Any]:
    """How to reach the database for LISTEN, which a transaction pooler would not carry."""
    url = getattr(settings, "DATABASE_SESSION_URL", "")
    if url:
        return {
            "conninfo": url,
            "fallback_application_name": connection.settings_dict["OPTIONS"]["application_name"],
            "options": f"-c search_path={settings.DAYBOOK_SCHEMA}",
        }
    parameters = connection.get_connection_params()
    for django_own in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(django_own, None)
    return parameters


def listen(channel: str) -> str:
    """SQL that listens to a channel of this book; a name cannot be computed in LISTEN itself."""
    return f"""
DO $$ BEGIN EXECUTE format('LISTEN %I', 'daybook_{channel}_' || current_schema()); END $$"""


LISTEN = listen("events")


class Wakeup:
    """Wait until something is announced: that the log grows, unless another channel is named.

    `wake()` may be called from any thread, all else from one.
    """

    def __init__(self, channel: str = "events") -> None:
        self._channel = channel
        self._reader, self._writer = os.pipe()
        self._closing = threading.Lock()
        os.set_blocking(self._reader, False)
        self._listener: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, timeout: float) -> None:
        """Return on an announcement, after `wake()`, or when `timeout` seconds have passed.

        A lost connection shows as a plain time-out, and is made again at the next call; the first
        wait on a new one returns at once, since what was announced before it is gone.
        """
        if self._listener is None and self._listen():
            return
        sources: list[Any] = [self._reader]
        if self._listener is not None:
            sources.append(self._listener)
        ready, _, _ = select.select(sources, [], [], timeout)
        if self._reader in ready:
            with suppress(BlockingIOError):
                os.read(self._reader, 1024)
        if self._listener in ready:
            self._consume()

    def wake(self) -> None:
        """End the wait that is under way, or the next one."""
        with self._closing:
            if self._writer >= 0:
                os.write(self._writer, b"!")

    def close(self) -> None:
        """Give the connection and the pipe back."""
        self._drop()
        with self._closing:  # A number that was closed may already be somebody else's file.
            ends, self._reader, self._writer = (self._reader, self._writer), -1, -1
        for end in ends:
            if end >= 0:
                os.close(end)

    def _listen(self) -> bool:
        try:
            if settings.EMBEDDED:
                settings.EMBEDDED.ensure_running()
            self._listener = psycopg.connect(**session_parameters(), autocommit=True)
            self._listener.execute(listen(self._channel))
        except psycopg.Error:
            self._drop()
        return self._listener is not None

    def _consume(self) -> None:
        try:
            assert self._listener is not None
            for _ in self._listener.notifies(timeout=0):
                pass
        except psycopg.Error:
            self._drop()

    def _drop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
