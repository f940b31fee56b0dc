"""The embedded database."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.cluster import SUPERUSER, packaged_binaries
from config.database import APPLICATION, NAME, OWNER, Embedded
from config.home import CannotStart
from eventstore import epoch

EXAMPLE = """Examples:
  python manage.py db dump backup.dump
  echo 'SELECT count(*) FROM eventstore_event' | python manage.py db shell"""


ROLES = {"app": APPLICATION, "owner": OWNER, "superuser": SUPERUSER}
"""Who may be at psql; the last for what is not of the books, such as making roles."""


class Command(BaseCommand):
    help = f"Start, stop, look into, dump and restore the embedded database.\n\n{EXAMPLE}"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        actions.add_parser("start", help="start the server, to stay until `db stop`")
        actions.add_parser("stop", help="stop the server, also for others that use it")
        status = actions.add_parser("status", help="whether it runs, and where it is")
        status.add_argument("--json", action="store_true", help="the same as JSON")
        shell = actions.add_parser("shell", help="psql; SQL may come from standard input")
        shell.add_argument("--role", choices=sorted(ROLES), default="app")
        dump = actions.add_parser("dump", help="write everything to a file, while it runs")
        dump.add_argument("file", metavar="FILE", type=Path)
        restore = actions.add_parser("restore", help="replace everything by a dump")
        restore.add_argument("file", metavar="FILE", type=Path)
        restore.add_argument("--yes", action="store_true", help="do not ask")
        actions.add_parser("acknowledge", help="accept that the log is another than before")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            if action == "acknowledge":
                number = epoch.raise_epoch("acknowledged")
                self.stdout.write(f"The log is in epoch {number}; cursors of before are refused.")
                return
            do: Callable[..., None] = getattr(self, f"_{action}")
            do(self._embedded(), **options)
        except CannotStart as error:
            raise CommandError(str(error)) from error

    def _embedded(self) -> Embedded:
        if settings.EMBEDDED is None:
            raise CommandError("DATABASE_URL names another server: use its own tools.")
        embedded: Embedded = settings.EMBEDDED
        return embedded

    def _start(self, embedded: Embedded, **_: Any) -> None:
        embedded.start_to_stay()
        self._status(embedded)

    def _stop(self, embedded: Embedded, **_: Any) -> None:
        embedded.stop()
        self._status(embedded)

    def _status(self, embedded: Embedded, *, json: bool = False, **_: Any) -> None:
        pid = embedded.cluster.pid() if embedded.cluster.exists else None
        if json:
            places = (embedded.cluster.place, embedded.cluster.socket_folder)
            place, folder = map(str, places)
            status = {"running": pid is not None, "pid": pid, "place": place, "socket": folder}
            self.stdout.write(orjson.dumps(status).decode())
            return
        state = f"runs as process {pid}" if pid else "does not run"
        self.stdout.write(
            f"The server {state}.\nIt lives in {embedded.cluster.place}, "
            f"its socket in {embedded.cluster.socket_folder}."
        )

    def _shell(self, embedded: Embedded, *, role: str, **_: Any) -> None:
        # A script ends at its first failure, so that its exit code tells of it.
        strict = [] if sys.stdin.isatty() else ["--set=ON_ERROR_STOP=1"]
        code = self._program(embedded, "psql", ROLES[role], *strict, NAME)
        if code:
            sys.exit(code)

    def _dump(self, embedded: Embedded, *, file: Path, **_: Any) -> None:
        partial = file.with_name(file.name + ".part")
        options = ["--format=custom", f"--file={partial}", NAME]
        if self._program(embedded, "pg_dump", OWNER, *options):
            partial.unlink(missing_ok=True)
            raise CommandError("The dump failed; the lines above say why.")
        partial.replace(file)
        self.stdout.write(f"Everything is in {file} ({file.stat().st_size:,} bytes).")

    def _restore(self, embedded: Embedded, *, file: Path, yes: bool, **_: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if self._program(embedded, "pg_restore", OWNER, "--list", str(file), quiet=True):
            raise CommandError(f"{file} is not a dump made by `db dump`.")
        connection.close()
        embedded.leave()
        if embedded.in_use():
            raise CommandError("The database is in use: stop the server and the worker first.")
        if not yes and input(f"Replace everything by {file}? Type yes: ") != "yes":
            raise CommandError("Nothing was changed.")
        epoch.everywhere(epoch.remember_head)
        connection.close()
        options = ["--clean", "--if-exists", "--single-transaction", "--exit-on-error"]
        options += [f"--dbname={NAME}", str(file)]
        # The superuser may give tables to each role before that role has rights in their schema.
        if self._program(embedded, "pg_restore", SUPERUSER, *options):
            raise CommandError("The restore failed and changed nothing; the lines above say why.")
        raised = epoch.everywhere(lambda: epoch.raise_epoch(f"restored from {file.name}"))
        for schema, number in raised.items():
            self.stdout.write(
                f"Restored {schema}. Its log is in epoch {number}; cursors of before are refused."
            )

    def _program(
        self, embedded: Embedded, program: str, role: str, *arguments: str, quiet: bool = False
    ) -> int:
        """Run one of PostgreSQL's programs against the database; its exit code."""
        embedded.ensure_running()
        reach = embedded.settings(role)
        environment = {
            **os.environ,
            "PGHOST": reach["HOST"],
            "PGPORT": reach["PORT"],
            "PGUSER": role,
            "PGPASSWORD": reach["PASSWORD"],
            "PGOPTIONS": f"-c search_path={settings.DAYBOOK_SCHEMA}",
        }
        output = subprocess.DEVNULL if quiet else None
        command = [str(packaged_binaries() / program), *arguments]
        return subprocess.run(
            command, env=environment, stdout=output, stderr=output, check=False
        ).returncode
