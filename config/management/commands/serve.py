"""The web server."""

import errno
import resource
import socket
import sys
from math import ceil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from commands.engine.deciding import ATTEMPTS, PATIENCE
from config.startup import refuse_missing_migrations, refuse_unfit_database
from config.static import gather

CLIENTS = 10_000
"""How many may be connected to a process at once; most of them wait, or listen."""


def seconds_to_stop() -> int:
    """How long a server that is told to stop may take: what it has begun has its deadline.

    What is just being decided then may wait for the position a few times more.
    """
    deadline: float = settings.DAYBOOK_COMMAND_DEADLINE
    return ceil(deadline) + ATTEMPTS * PATIENCE.position // 1_000 + 2


class Command(BaseCommand):
    help = (
        "Serve pages and the API. HOST and PORT come from the environment.\n\n"
        "Example:\n  PORT=9000 python manage.py serve"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=1, help="processes")

    def handle(self, *, workers: int, **options: Any) -> None:
        refuse_unfit_database()
        refuse_missing_migrations()
        check_port(settings.HOST, settings.PORT)
        claimed = claim_port(settings.HOST, settings.PORT)
        gather()
        allow_files(2 * CLIENTS)
        # It stays in this process, which uses the embedded database until the last worker ended.
        Granian(
            "config.asgi:application",
            address=settings.HOST,
            port=settings.PORT,
            interface=Interfaces.ASGI,
            workers=workers,
            workers_kill_timeout=seconds_to_stop(),
            backpressure=CLIENTS,
            websockets=False,
            log_level=LogLevels.warning,
        ).serve()
        claimed.close()


def allow_files(most: int) -> None:
    """Let this process and its workers have as many files open, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def claim_port(host: str, port: int) -> socket.socket:
    """Keep others from serving there, until what is returned is closed or this process ends.

    Workers share a port, so the system lets a second server that starts in the same moment listen
    beside the first: clients would be answered by either ledger, in turns.
    """
    claim = socket.socket(socket.AF_UNIX)
    if sys.platform == "linux":  # Elsewhere no name goes away with its process.
        try:
            claim.bind(f"\0daybook:{host}:{port}")
        except OSError:
            claim.close()
            raise CommandError(_in_use(port)) from None
    return claim


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken, in a sentence."""
    if not 0 < port < 2**16:
        raise CommandError(f"There is no port {port}: PORT is a number from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(_in_use(port)) from None
            if error.errno == errno.EACCES:
                raise CommandError(f"Port {port} needs rights you do not have: PORT=….") from None
            raise CommandError(f"{host} cannot be listened on: {error.strerror}.") from None


def _in_use(port: int) -> str:
    return f"Port {port} is in use: choose another with PORT=…."
