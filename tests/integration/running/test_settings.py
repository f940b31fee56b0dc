"""Settings from the environment."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.examples.connections import database_url
from tests.tree import ROOT

pytestmark = pytest.mark.django_db


def manage(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_documented_production_settings_leave_nothing_to_warn_of():
    production = {"HTTPS": "on", "ALLOWED_HOSTS": "ledger.example"}
    owner = "postgres://another@127.0.0.1:1/none"
    production |= {"DATABASE_URL": database_url(), "DATABASE_OWNER_URL": owner}
    done = manage("check", "--deploy", "--fail-level", "WARNING", **production)
    assert done.returncode == 0, done.stderr


def test_one_role_for_everything_is_warned_of():
    for owner in ("", database_url()):
        done = manage("check", "--deploy", DATABASE_URL=database_url(), DATABASE_OWNER_URL=owner)
        assert "daybook.W001" in done.stderr


def test_what_an_address_asks_of_the_connection_is_kept():
    address = "postgres://nobody@127.0.0.1:1/none?sslmode=verify-full"
    code = "from django.conf import settings as s; print(s.DATABASES['default']['OPTIONS'])"
    done = manage("shell", "-v0", "-c", code, DATABASE_URL=address)
    assert "'sslmode': 'verify-full'" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DEBUG", "on", ""),
        ("DAYBOOK_CURRENCIES", "x", 'DAYBOOK_CURRENCIES: "x"'),
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none", "The database does not answer"),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(name, value, said):
    done = manage("verify", **{"DATABASE_URL": database_url(), name: value})
    assert "Traceback" not in done.stderr
    assert said in done.stderr
    assert (done.returncode == 0) == (said == "")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("PORT", "eighty", "a whole number"),
        ("PORT", "", "a whole number"),
        ("DAYBOOK_QUEUE_LIMIT", "1.5", "a whole number"),
        ("DAYBOOK_RATE_LIMIT", "abc", "a number, such as 10 or 0.5"),
        ("DAYBOOK_RATE_LIMIT", "1e3", "a number, such as 10 or 0.5"),
        ("DAYBOOK_COMMAND_DEADLINE", "-1", "a number, such as 10 or 0.5"),
    ],
)
def test_a_number_that_is_none_is_named_with_what_stood_there(name, value, what):
    done = manage("check", **{name: value})
    assert (done.returncode, done.stderr) == (
        1, f"{name}={value!r}: it must be {what}, from 0 on.\n",
    )  # fmt: skip


def test_a_number_may_have_a_point_and_spaces_around_it():
    code = "from django.conf import settings as s; print(s.DAYBOOK_RATE_LIMIT, s.PORT)"
    done = manage("shell", "-v0", "-c", code, DAYBOOK_RATE_LIMIT=" .5 ", PORT="9000")
    assert done.stdout == "0.5 9000\n", done.stderr


def test_a_switch_that_is_neither_on_nor_off_is_named():
    done = manage("check", HTTPS="onn")
    assert (done.returncode, done.stderr) == (1, "HTTPS='onn': it must be on or off.\n")


@pytest.mark.parametrize(
    ("said", "is_on"), [("ON", True), (" true ", True), ("0", False), ("", False)]
)
def test_a_switch_is_said_in_several_ways(said, is_on):
    code = "from django.conf import settings as s; print(s.DAYBOOK_SELF_SERVICE)"
    done = manage("shell", "-v0", "-c", code, DAYBOOK_SELF_SERVICE=said)
    assert done.stdout == f"{is_on}\n", done.stderr


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL"])
@pytest.mark.parametrize("address", ["nonsense", "mysql://me:secret-1@db.example/daybook"])
def test_an_address_of_no_postgresql_is_named_but_not_told(name, address):
    done = manage("check", **{"DATABASE_URL": database_url(), name: address})
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} is no address of a PostgreSQL such as postgres://")
    assert "secret-1" not in done.stderr


def test_a_time_zone_that_is_none_is_named():
    done = manage("check", DAYBOOK_BOOK_TIME_ZONE="Mars/Olympus")
    assert done.returncode == 1
    assert "DAYBOOK_BOOK_TIME_ZONE='Mars/Olympus': there is no such time zone." in done.stderr


@pytest.mark.parametrize(
    "origin", ["*", "app.example", "https://app.example/", "https://A.example"]
)
def test_an_origin_that_is_none_is_named(origin):
    done = manage("check", DAYBOOK_CORS_ORIGINS=f"https://app.example,{origin}")
    assert done.returncode == 1
    assert f"DAYBOOK_CORS_ORIGINS: '{origin}' is no origin" in done.stderr


def test_a_network_that_is_none_is_named():
    done = manage("check", DAYBOOK_WEBHOOK_ALLOW="10.1.0.0/16,inside")
    assert done.returncode == 1
    assert "DAYBOOK_WEBHOOK_ALLOW='10.1.0.0/16,inside': 'inside' does not" in done.stderr


@pytest.mark.parametrize("name", ["", "Book", "my-book", "2026", "b" * 41])
def test_a_schema_that_could_not_be_used_is_named(name):
    done = manage("check", DAYBOOK_SCHEMA=name)
    said = f"DAYBOOK_SCHEMA={name!r}: it must be up to 40 of a-z, 0-9 and _, no digit first.\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_the_longest_name_of_a_schema_can_be_announced():
    """What happens is announced on channels whose names end with it."""
    longest = "b" * 40
    assert manage("check", DAYBOOK_SCHEMA=longest).returncode == 0
    with connection.cursor() as cursor:
        for channel in ("events", "queue", "requests", "projections"):
            cursor.execute("SELECT pg_notify(%s, '')", [f"daybook_{channel}_{longest}"])
