"""Static files of all parts, gathered and compressed where the web server takes them from."""

from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from config.home import locked


def gather() -> None:
    """Bring STATIC_ROOT up to date; nothing is touched when it is."""
    root, wanted = Path(settings.STATIC_ROOT), _fingerprint()
    stamp = root / "gathered"
    with locked(settings.HOME, "static.lock"):
        if stamp.exists() and stamp.read_text() == wanted:
            return
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(wanted)


def _fingerprint() -> str:
    """What tells one set of source files from another."""
    files = [
        (storage.path(name), Path(storage.path(name)).stat())
        for finder in finders.get_finders()
        for name, storage in finder.list([])
    ]
    told = sorted((path, stat.st_mtime_ns, stat.st_size) for path, stat in files)
    return sha256(repr(told).encode()).hexdigest()
