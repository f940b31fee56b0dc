"""The worker with all that it does, whose leases end soon: others take over from one that died."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from commands.webhooks import claims  # noqa: E402
from tests.examples.crashing_sender import SOON  # noqa: E402

if __name__ == "__main__":
    for name, seconds in SOON.items():
        setattr(claims, name, seconds)
    call_command("run_worker")
