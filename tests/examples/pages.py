"""Pages as a browser without scripts has them: what to send, and what to read of the answer."""

import re
from html import unescape
from typing import Any

from django.test import Client

from projections.ledger.models import Balance
from tests.examples.factories import user
from tests.examples.people import Person


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(user(person))
    return client


def key_in(response: Any) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', response.content.decode())[1]


def said_at(response: Any, name: str) -> str:
    """What stands at a field, as text."""
    id_ = f"field-{name.replace('/', '-')}-wrong"
    found = re.search(rf'id="{id_}">(.*?)</div>', response.content.decode(), re.DOTALL)
    return read(found[1]) if found else ""


def read(html: str) -> str:
    """What people read of it."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html.replace("<wbr>", "")).split()))


def value_of(response: Any, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def paying(**changed: str) -> dict[str, str]:
    return {"from": "ann", "to": "bob", "amount": "2.50", "description": "Tea", "reference": "",
            "effective_on": "", "idempotency_key": "k-1"} | changed  # fmt: skip


def holding(**changed: str) -> dict[str, str]:
    return {"amount": "2.50", "expires_in": "604800", "days": "", "payee": "", "reference": "",
            "idempotency_key": "h-1"} | changed  # fmt: skip


def ordering(key: str) -> dict[str, str]:
    return {"from": "ann", "to": "bob", "amount": "2.50", "every": "month",
            "first_on": "2100-01-31", "last_on": "", "description": "Rent",
            "idempotency_key": key}  # fmt: skip


def rows(client: Client, path: str) -> list[list[str]]:
    """The table of a page, cell by cell."""
    html = client.get(path).content.decode()
    lines = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [
        [read(cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL)] for line in lines
    ]


def text(client: Client, path: str) -> str:
    """What people read of a page."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return read(answer.content.decode())


def posted(code: str) -> int:
    """What an account's balance is, in minor units."""
    return Balance.objects.get(account=code).posted
