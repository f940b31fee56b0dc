"""DAYBOOK_HOME: the folder of what belongs to one installation, and sentences for its troubles."""

import errno
import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotStart(Exception):
    """Daybook cannot start here; the message is the sentence to show."""


@contextmanager
def explained(home: Path) -> Iterator[None]:
    """Turn what a file system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CannotStart(f"There is no space left in {home}.") from error
        raise CannotStart(
            f"{error.filename or home} cannot be written ({error.strerror}): give this user the"
            " right to, or choose another DAYBOOK_HOME."
        ) from error


@contextmanager
def locked(home: Path, name: str) -> Iterator[None]:
    """Hold a lock between processes, named by a file of the home."""
    with (home / name).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def secret(home: Path, name: str) -> str:
    """A secret of this home, drawn once, in a file that its owner alone can read.

    Raises:
        CannotStart: the home cannot be written.
    """
    file = home / name
    with explained(home):
        if not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            with locked(home, "secrets.lock"):
                if not file.exists():
                    fresh = file.with_suffix(".new")
                    fresh.touch(mode=0o600)
                    fresh.write_text(secrets.token_urlsafe(50))
                    fresh.rename(file)
        return file.read_text()
