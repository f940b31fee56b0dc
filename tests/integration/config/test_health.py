"""Whether the process is up, and whether it may be sent requests."""

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from config import health


def test_it_is_healthy_without_a_database():
    answer = health.healthz(RequestFactory().get("/healthz"))
    assert (answer.status_code, answer.content) == (200, b'{"status": "ok"}')
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
def test_it_is_ready_when_every_check_is_ok():
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"].values()) == {"ok"}


def fails():
    raise OperationalError("password of the database")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (lambda: ["fsync is off."], "fsync is off."),
        (lambda: ["One.", "Two."], "One. Two."),
        (fails, "The database does not answer."),
    ],
)
def test_it_is_not_ready_when_one_check_is_not(monkeypatch, check, sentence):
    monkeypatch.setitem(health.CHECKS, "database", check)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["checks"]["database"] == sentence


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_only_read(path):
    assert Client().post(path).status_code == 405
    assert Client().delete(path).status_code == 405


@pytest.mark.django_db
def test_they_are_only_read():
    for path in ("/healthz", "/readyz"):
        answer = Client(enforce_csrf_checks=True).post(path)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
