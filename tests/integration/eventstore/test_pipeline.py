"""Statements in one round trip: large ones, failing ones, and what follows them."""

import pytest
from django.db import DataError, connection, transaction

from eventstore.pipeline import pipeline

pytestmark = pytest.mark.django_db

LARGE = "x" * 8_000_000  # far more than a socket takes at once


def test_it_sends_and_receives_more_than_a_socket_holds() -> None:
    with pipeline() as execute:
        echoed = [execute("SELECT %s::text", [LARGE]) for _ in range(3)]
        lengths = execute("SELECT length(%s::text), length(%s::text)", [LARGE, LARGE])

    assert all(rows.fetchall() == [(LARGE,)] for rows in echoed)
    assert lengths.fetchall() == [(len(LARGE), len(LARGE))]


def test_a_large_statement_may_be_the_last_one() -> None:
    with pipeline() as execute:
        length = execute("SELECT length(%s::text)", [LARGE])

    assert length.fetchall() == [(len(LARGE),)]


def test_each_statement_sees_what_those_before_it_did() -> None:
    with pipeline() as execute:
        execute("CREATE TEMPORARY TABLE seen (n bigint) ON COMMIT DROP")
    with pipeline() as execute:
        execute("INSERT INTO seen VALUES (%s)", [1])
        one = execute("SELECT n FROM seen")
        execute("INSERT INTO seen SELECT n + %s FROM seen", [1])
        two = execute("SELECT n FROM seen ORDER BY n")

    assert one.fetchall() == [(1,)]
    assert two.fetchall() == [(1,), (2,)]


def test_after_an_error_the_rest_is_not_run_and_the_connection_serves_on() -> None:
    with pipeline() as execute:
        execute("CREATE TEMPORARY TABLE kept (n bigint) ON COMMIT DROP")

    with pytest.raises(DataError, match="by zero"), transaction.atomic(), pipeline() as execute:
        execute("INSERT INTO kept VALUES (1)")
        execute("SELECT 1 / %s::bigint", [0])
        execute("INSERT INTO kept VALUES (2)")

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (0,)


def test_a_percent_sign_is_written_twice() -> None:
    with pipeline() as execute:
        rest = execute("SELECT %s::bigint %% 7", [10])

    assert rest.fetchall() == [(3,)]
