"""The page of an account, by how many entries the account has: to one person who is logged in."""

import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.test import Client

from tests.benchmarks import web
from tests.benchmarks.measure import Figures, alternating, say
from tests.benchmarks.place import OURS, apart, empty_schema, migrate
from tests.examples.factories import user
from tests.examples.long_account import fill
from tests.examples.people import SAM

PATH = "/accounts/ann"


def by_entries(lengths: tuple[int, ...], rounds: int, times: int) -> dict[str, Any]:
    """How long the page of an account of each length takes."""
    return alternating({str(length): _measured(length, times) for length in lengths}, rounds, PATH)


def _measured(length: int, times: int) -> Callable[[], Figures]:
    schema = f"{OURS}_page_{length}"
    say(f"an account with {length:,} entries …")
    empty_schema(schema)
    migrate(schema)
    with apart(schema) as us:
        cookie = us.do(_prepare, length)

    def measured() -> Figures:
        with web.daybook(schema, "") as site:
            _took(site.port, cookie, max(1, times // 10))
            began = time.perf_counter()
            took = _took(site.port, cookie, times)
            return Figures.of(took, time.perf_counter() - began)

    return measured


def _prepare(length: int) -> str:
    """The account and its entries; the cookie of a session."""
    fill(length)
    client = Client()
    client.force_login(user(SAM))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _took(port: int, cookie: str, times: int) -> list[float]:
    """The seconds of each of so many requests, one after the other, on one connection."""
    server = HTTPConnection("127.0.0.1", port)
    took = []
    for _ in range(times):
        began = time.perf_counter()
        server.request("GET", PATH, headers={"Cookie": cookie})
        answer = server.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{PATH} answered {answer.status}")
    server.close()
    return took
