"""What one would write without events: rows that are updated, in SQL, by psycopg and by pgbench."""

import json
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg_pool import ConnectionPool

from config.cluster import packaged_binaries
from tests.benchmarks.measure import Figures, of_threads
from tests.benchmarks.place import ACCOUNTS, PEERS, in_peers_schema, reach, two

CONNECTIONS = 64
"""More of them, or more threads, make Python's callers slower."""
CLIENTS = 8
PGBENCH_SCALE = 10
SCRIPT = Path(__file__).with_name("transfer.sql")

TABLES = """
CREATE TABLE account (
    id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0), changed_at timestamptz
);
CREATE TABLE entry (
    id bigserial PRIMARY KEY, account bigint NOT NULL REFERENCES account, amount bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON entry (account, id);
CREATE TABLE request (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), payload json NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);"""
OPEN = "INSERT INTO account SELECT n, 1000000000 FROM generate_series(1, %s) AS n"
MOVE = "UPDATE account SET balance = balance + %s WHERE id = %s"
ENTER = "INSERT INTO entry (account, amount) VALUES (%s, %s), (%s, %s)"
REMEMBER = "INSERT INTO request (payload) VALUES (%s)"


def make_tables(accounts: int = ACCOUNTS) -> None:
    """The tables of the CRUD transfer and those of pgbench, in an empty schema."""
    with psycopg.connect(**in_peers_schema()) as owner:
        owner.execute(TABLES)
        owner.execute(OPEN, [accounts])
    _pgbench("-i", "-q", "-s", str(PGBENCH_SCALE))


def by_pgbench(seconds: float, *, hot: bool = False) -> Figures:
    """The transfer as a script, prepared, with 8 clients: the base of all ratios."""
    accounts, hot_one = ["-D", f"accounts={ACCOUNTS}"], ["-D", f"hot={int(hot)}"]
    return _measured(seconds, "-f", str(SCRIPT), *accounts, *hot_one)


def tpc_b(seconds: float) -> Figures:
    """pgbench's own transaction: what this machine is worth."""
    return _measured(seconds)


def _measured(seconds: float, *script: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        clients = ["-c", str(CLIENTS), "-j", "2", "-M", "prepared", "-n"]
        whole = max(1, round(seconds))
        _pgbench(*clients, "-T", str(whole), "-l", "--log-prefix", str(log), *script)
        lines = [line for file in log.parent.iterdir() for line in file.read_text().splitlines()]
    return Figures.of([int(line.split()[2]) / 1e6 for line in lines], whole)


def _pgbench(*arguments: str) -> None:
    known = reach()
    environment = {
        "PGHOST": str(known["host"]), "PGPORT": str(known["port"]),
        "PGDATABASE": str(known["dbname"]), "PGUSER": str(known["user"]),
        "PGPASSWORD": str(known["password"]), "PGOPTIONS": f"-c search_path={PEERS}",
    }  # fmt: skip
    program = str(packaged_binaries() / "pgbench")
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **environment}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")


@contextmanager
def connections(callers: int) -> Iterator["ConnectionPool[psycopg.Connection[tuple[object, ...]]]"]:
    size = min(callers, CONNECTIONS)
    options = {**in_peers_schema(), "autocommit": True, "prepare_threshold": 0}
    with ConnectionPool(min_size=size, max_size=size, kwargs=options, timeout=60) as pool:
        pool.wait()
        yield pool


def by_psycopg(callers: int, seconds: float, *, pipeline: bool = False) -> Figures:
    """The same statements from Python, one round trip each, or all of them in one."""
    with connections(callers) as pool:

        def one() -> None:
            with pool.connection() as connection:
                if pipeline:
                    with connection.pipeline():
                        transfer(connection)
                else:
                    transfer(connection)

        return of_threads(callers, seconds, one)


def transfer(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    source, target = two()
    amount = random.randint(1, 100)
    (low, to_low), (high, to_high) = sorted([(source, -amount), (target, amount)])
    connection.execute("BEGIN")
    connection.execute(MOVE, [to_low, low])
    connection.execute(MOVE, [to_high, high])
    connection.execute(ENTER, [low, to_low, high, to_high])
    connection.execute(REMEMBER, [json.dumps({"from": source, "to": target, "amount": amount})])
    connection.execute("COMMIT")
