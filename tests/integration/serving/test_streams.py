"""Files that are sent while they are made, from the web server itself."""

import csv
import io
import urllib.request

import pytest

from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import pay
from tests.examples.people import ANN

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_statement_comes_whole(served, client):
    rich("ann", 1_000, owner=ANN)
    for amount in range(1, 131):
        assert ask(pay("world", "ann", amount)).succeeded
    client.force_login(user(ANN))
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    address = f"{served.url}/accounts/ann/statement.csv"
    with urllib.request.urlopen(urllib.request.Request(address, headers=cookie)) as answer:
        lines = list(csv.DictReader(io.TextIOWrapper(answer, encoding="utf-8")))
    assert [line["credit"] for line in lines[1:]] == [f"{n / 100:.2f}" for n in range(1, 131)]
    assert "Application callable raised" not in served.log.read_text()
