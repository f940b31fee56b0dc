"""What a scraper is told: answers are counted, the queue is measured, nobody is named."""

import re
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from commands.engine import queries
from commands.engine.models import Request
from commands.webhooks.models import Endpoint
from tests.examples.asking import rich
from tests.examples.http import Api
from tests.examples.people import ANN, SAM
from tests.examples.queueing import pay_later, row, work
from tests.examples.receiving import endpoint

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLE = re.compile(r"(\w+)(\{.*\})? ([0-9.e+-]+)")


def scraped() -> dict[str, float]:
    """Every sample, by its name with its labels."""
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if line[0] != "#"]
    found = [SAMPLE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {each[1] + (each[2] or ""): float(each[3]) for each in found}


def answers(method: str, route: str, status: int) -> str:
    return f'daybook_answers_total{{method="{method}",route="{route}",status="{status}"}}'


def test_it_counts_answers_by_kind_of_method_route_and_status():
    rich("ann", 100, owner=ANN)
    sam = Api(SAM)
    counted = {
        answers("write", "api/v1/transfers", 400): lambda: sam.post("/transfers", {}),
        answers("write", "api/v1/transfers", 401): lambda: Client().post("/api/v1/transfers"),
        answers("read", "api/v1/accounts/<code:code>", 200): lambda: sam.get("/accounts/ann"),
        answers("write", "api/v1/accounts/<code:code>", 405): lambda: sam.post("/accounts/ann", {}),
        answers("read", "", 404): lambda: sam.get("/nothing"),
    }
    before = scraped()
    for ask in counted.values():
        ask()
    after = scraped()
    assert [after[name] - before.get(name, 0) for name in counted] == [1] * len(counted)
    kept = 'daybook_attempts_total{kept="stored"}'
    assert after[kept] - before[kept] == 1


def test_it_measures_the_queue():
    rich("ann", 100, owner=ANN)
    rich("bob", 0)
    names = ("daybook_queue_requests", "daybook_queue_oldest_seconds")
    assert [scraped()[name] for name in names] == [0, 0]
    long_ago = timezone.now() - timedelta(hours=1)
    first, second = pay_later(), pay_later()
    Request.objects.filter(id=first.request).update(received_at=long_ago)
    later = pay_later(not_before=timezone.now() + timedelta(hours=1))
    many, seconds = (scraped()[name] for name in names)
    assert (many, 3600 <= seconds < 3700) == (2, True)
    work()
    assert [scraped()[name] for name in names] == [0, 0]
    assert [row(each).status for each in (first, second, later)] == [
        *["succeeded", "succeeded", "accepted"]
    ]


def test_it_tells_how_webhooks_fare():
    working, failing, off = (endpoint("https://example.com/hook") for _ in range(3))
    Endpoint.objects.filter(id=working.id).update(delivered=7, failed=1)
    Endpoint.objects.filter(id=failing.id).update(failing_since=timezone.now())
    Endpoint.objects.filter(id=off.id).update(failing_since=timezone.now(), active=False)
    found = scraped()
    states = {state: found[f'daybook_webhook_endpoints{{state="{state}"}}'] for state in
              ("working", "failing", "off")}  # fmt: skip
    assert states == {"working": 1, "failing": 1, "off": 1}
    counts = [
        found[f'daybook_webhook_deliveries_total{{endpoint="{working.id}",result="{result}"}}']
        for result in ("delivered", "failed")
    ]
    assert counts == [7, 1]


def test_it_counts_on_without_the_database(monkeypatch):
    def fails():
        raise OperationalError

    monkeypatch.setattr(queries, "waiting", fails)
    assert not any("queue" in name for name in scraped())


def test_it_names_nobody_and_nothing_of_theirs():
    rich("ann", 100, owner=ANN)
    Api(SAM).get("/accounts/ann")
    text = Client().get("/metrics").content.decode()
    assert not re.search(rf"\bann\b|\bsam\b|{SAM.id}", text)
    for line in text.splitlines():
        if line.startswith("# HELP daybook_answers_total"):
            assert "process" in line


@pytest.mark.parametrize("method", ["post", "delete", "put"])
def test_it_is_only_read(method):
    answer = getattr(Client(enforce_csrf_checks=True), method)("/metrics")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_queue_is_measured_by_its_indexes():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries.WAITING}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan, plan
