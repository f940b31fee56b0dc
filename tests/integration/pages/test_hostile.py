"""Whatever a form is sent with, people see a page that says what is wrong: never a 500."""

import pytest
from django.test import Client

from eventstore.store import latest_position
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.people import ANN, BOB, SAM

pytestmark = pytest.mark.django_db

FORMS = [
    *("/transfers/new", "/accounts/new", "/accounts/ann/edit", "/accounts/ann/reconcile"),
    *("/accounts/ann/alert", "/accounts/ann/sweep", "/standing-orders/new"),
    *("/me/password", "/me/tokens/new"),
]
PAYING = {"from": "ann", "to": "bob", "amount": "1.00", "idempotency_key": "k"}
ODD = [
    {},
    {"idempotency_key": "k"},
    *[{**PAYING, "amount": text} for text in ("\0", "1e3", "1,00", "１", "-1", " ", "9" * 500)],
    *[{**PAYING, "from": text} for text in ("\0", "\u202e", "x" * 5000, "../..", "")],
    *[{**PAYING, "idempotency_key": key} for key in ("", " ", "é", "\0", "x" * 300, "a b")],
    *[{**PAYING, "description": text} for text in ("\0", "\u202e", "x" * 9000)],
    *[{**PAYING, "effective_on": day} for day in ("today", "2026-02-30", "9999-12-31", "\0")],
    {**PAYING, "metadata": "a: b", "legs": "1", "nope": "x"},
    {**PAYING, "pick": "from", "search": "nope"},
    {**PAYING, "search": "\0"},
    {**PAYING, "pick": "\0=\0"},
    {**PAYING, "add": "x"},
    {**PAYING, "split": "x", "check": "1"},
    {"check": "1"},
    {"legs/0/direction": "up", "legs/0/account": "ann", "legs/0/amount": "1"},
    {"legs/0/direction": "debit", "legs/5/direction": "credit", "legs/x/amount": "1"},
    {f"legs/{n}/{name}": "1" for n in range(130) for name in ("account", "amount", "direction")},
    {"low": "\0", "above": "x" * 5000, "to": "\0"},
    {**PAYING, "every": "year", "first_on": "2100-02-30", "last_on": "\0"},
    {"name": "\0", "version": "1"},
    {"id": "\0", "name": "A\u202e", "scopes": "\0", "under": "\0", "expires": "9" * 400},
    {"id": "x" * 5000, "name": "A", "scopes": "all", "under": "Ä", "expires": "-1"},
    {"old_password": "\0", "new_password1": "\0", "new_password2": "x" * 5000},
    {"name": "x" * 5000, "version": "9" * 40},
    {"name": "A", "metadata": "a: 1\na: 2\nno colon\n:", "version": "-1"},
    {"name": "A", "owner": "nobody", "version": "x"},
    {"code": "\0", "name": "A", "currency": "EUR"},
    {"code": "a", "name": "A", "currency": "XXXX", "overdraft_limit": "1.234"},
    {"code": "a", "name": "A", "currency": "\0", "overdraft_limit": "x", "owner": "\0"},
    {"code": "a", "name": "A", "currency": "EUR", "normal_balance": "up", "unlimited": "maybe"},
]


@pytest.mark.parametrize("person", [ANN, SAM])
@pytest.mark.parametrize("path", FORMS)
def test_it_is_told_calmly(path, person):
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)
    before = latest_position()
    client = Client(raise_request_exception=False)
    client.force_login(user(person))
    for fields in ODD:
        answer = client.post(path, fields)
        assert answer.status_code < 500, fields
        assert answer["Content-Type"].startswith("text/html")
        assert "Traceback" not in answer.content.decode()
    assert latest_position() - before <= 3 * len(ODD)


QUERIES = ["legs=x", "legs=" + "9" * 40, "legs=-1", "from=%00&to=%ff", "amount=1e3", "since=%00",
           "until=x", "after=%00", "after=2026-01-01_x", "order=up", "prefix=%00", "q=%00", "%00=1",
           "form=%00", "after=" + "9" * 40, "x" * 3000]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
def test_a_page_takes_odd_queries_calmly(query):
    rich("ann", 100, owner=ANN)
    client = Client(raise_request_exception=False)
    client.force_login(user(ANN))
    for path in ("/", "/accounts/", "/accounts/ann", "/accounts/ann/statement.csv", *FORMS,
                 "/requests/", "/search/accounts", "/login", "/standing-orders/",
                 "/me/tokens"):  # fmt: skip
        assert client.get(f"{path}?{query}").status_code < 500, path


def test_a_log_in_takes_odd_names_calmly():
    for name in ("\0", "x" * 5000, "ann\u202e", "' OR 1=1 --"):
        answer = Client().post("/login", {"username": name, "password": name})
        assert (answer.status_code, answer.wsgi_request.user.is_authenticated) == (200, False)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "javascript:1"])
def test_a_log_in_leads_nowhere_else(target):
    somebody = user(ANN)
    somebody.set_password("correct horse battery")
    somebody.save()
    fields = {"username": "ann", "password": "correct horse battery", "next": target}
    assert Client().post("/login", fields)["Location"] == "/"
