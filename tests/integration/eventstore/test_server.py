"""A ledger is kept on no server that may forget a commit."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from eventstore.server import unfit

pytestmark = pytest.mark.django_db

TRANSFER = '{"from": "a", "to": "b", "amount": 1}'


@pytest.fixture
def unsafe():
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET synchronous_commit")


def test_a_safe_server_is_fit():
    assert unfit() == []


def test_an_unsafe_one_is_refused_in_a_sentence(unsafe):
    (sentence,) = unfit()
    assert sentence == "synchronous_commit is off; a ledger needs it on."
    said = io.StringIO()
    with pytest.raises(SystemExit, match="4"):
        call_command("submit", "post_transfer", TRANSFER, stdout=said)
    assert json.loads(said.getvalue())["detail"] == sentence
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert "synchronous_commit is off" in answer.json()["checks"]["database"]


def test_an_old_one_is_refused(monkeypatch):
    monkeypatch.setattr("eventstore.server.OLDEST", 99)
    assert "is too old; 99 or newer is needed." in unfit()[0]
