"""The web server's entry point: static files, and the two halves that answer all else."""

import multiprocessing
import os
from collections.abc import MutableMapping

import django
from django.conf import settings

from eventstore.processes import end_with

# A worker whose server was killed would hold the port for ever.
if parent := multiprocessing.parent_process():
    end_with(parent.pid or 0)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from servestatic import ServeStaticASGI  # noqa: E402

from config.halves import Halves  # noqa: E402


def _add(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """What Django's middleware adds to all that does not come from here."""
    headers["X-Content-Type-Options"] = "nosniff"


application = ServeStaticASGI(
    Halves(),
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    allow_all_origins=False,
    add_headers_function=_add,
)
