"""The embedded server of a DAYBOOK_HOME, shared by every process that uses it."""

import atexit
import fcntl
import hashlib
import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.cluster import PORT, SUPERUSER, Cluster
from config.home import CannotStart, explained, locked, secret

NAME = "daybook"
APPLICATION, OWNER = "daybook", "daybook_owner"
SECRET = "database_secret"  # noqa: S105


class Embedded:
    """One server per home, shared by every process that uses it.

    Each process holds a shared lock on a file while it uses the server; the last one to leave
    stops it, unless it was started to stay. The kernel frees the locks of whoever is killed.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.cluster = home, Cluster(home)
        self._using: tuple[int, int] | None = None

    def settings(self, role: str = APPLICATION) -> dict[str, Any]:
        """Django's settings for this database, as one of its two roles."""
        return {
            "NAME": NAME,
            "USER": role,
            "PASSWORD": self.password(role),
            "HOST": str(self.cluster.socket_folder),
            "PORT": str(PORT),
        }

    def password(self, role: str) -> str:
        """Each role's password, made from a secret that only the home's owner can read."""
        drawn = secret(self.home, SECRET)
        return hashlib.sha256(f"{drawn} {role}".encode()).hexdigest()

    def ensure_running(self) -> None:
        """Make the server run for as long as this process does; cheap after the first call.

        One that was killed is started again; one that was stopped is not, for those who use it.

        Raises:
            CannotStart: it cannot; the message says why.
        """
        using = self._using is not None and self._using[0] == os.getpid()
        if using and not self.cluster.was_killed():
            return
        with explained(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            with locked(self.home, "database.lock"):
                try:
                    self._start()
                except BaseException:  # A signal, too.
                    self.cluster.abandon()
                    raise
                if using:
                    return
                users = os.open(self._path("database.users"), os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(users, fcntl.LOCK_SH)
        self._using = os.getpid(), users
        atexit.register(self.leave)

    def leave(self) -> None:
        """This process needs the server no more; the last one stops it."""
        if self._using is None or self._using[0] != os.getpid():
            return
        users, self._using = self._using[1], None
        with locked(self.home, "database.lock"):
            os.close(users)
            if not self._stays() and not self.in_use():
                self.cluster.stop()

    def start_to_stay(self) -> None:
        """Start the server, to run until it is told to stop."""
        self.ensure_running()
        self._path("database.stays").write_text(self._run())

    def stop(self) -> None:
        """Stop the server, also for others that use it."""
        with locked(self.home, "database.lock"):
            self._path("database.stays").unlink(missing_ok=True)
            self.cluster.stop()

    def in_use(self) -> bool:
        """Whether another process uses the server; a caller that does must have left before."""
        with self._path("database.users").open("a") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _start(self) -> None:
        # Says that a database was made here, and with the passwords of which secret.
        ready, ours = self.cluster.place / "ready", self.password("ready")
        made_for = ready.read_text() if ready.exists() else ""
        if made_for and not self.cluster.exists:
            raise CannotStart(
                f"{self.cluster.data} is gone, though a database was made there: put it back, or"
                f" remove {ready} to begin with an empty one, into which a dump may be restored."
            )
        if made_for not in ("", ours):
            raise CannotStart(
                f"The database in {self.cluster.place} has the passwords of another"
                f" {self.home / SECRET}: put that file back, or remove {self.cluster.place} to"
                " begin with an empty database."
            )
        if not self.cluster.exists:
            self.cluster.initialise(self.password(SUPERUSER))
        if not self.cluster.answers():
            self.cluster.start()
        if not made_for:
            self._prepare()
            ready.write_text(ours)

    def _stays(self) -> bool:
        """Whether the server that runs was started to stay, and not one of before a reboot."""
        stays = self._path("database.stays")
        return stays.exists() and stays.read_text() == self._run()

    def _run(self) -> str:
        """What tells this run of the server from all others: its process, folder and start."""
        file = self.cluster.data / "postmaster.pid"
        return "\n".join(file.read_text().split("\n")[:3]) if self.cluster.pid() else ""

    def _prepare(self) -> None:
        """Make the two roles and the database, whatever of them is missing."""
        with psycopg.connect(
            host=str(self.cluster.socket_folder),
            port=PORT,
            user=SUPERUSER,
            password=self.password(SUPERUSER),
            dbname="postgres",
            autocommit=True,
        ) as connection:
            for role, may in ((APPLICATION, ""), (OWNER, "CREATEDB")):
                if not _found(connection, "SELECT FROM pg_roles WHERE rolname = %s", role):
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                            sql.Identifier(role), sql.SQL(may), sql.Literal(self.password(role))
                        )
                    )
            connection.execute(f"GRANT {APPLICATION} TO {OWNER}")
            if not _found(connection, "SELECT FROM pg_database WHERE datname = %s", NAME):
                connection.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")

    def _path(self, name: str) -> Path:
        return self.home / name


def _found(connection: psycopg.Connection[Any], query: str, name: str) -> bool:
    return bool(connection.execute(query, [name]).rowcount)
