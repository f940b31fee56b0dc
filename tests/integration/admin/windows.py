"""The windows, and staff who look through them."""

import re

from django.test import Client
from django.urls import reverse

from tests.examples.factories import user
from tests.examples.people import Person

WINDOWS = [
    *["eventstore_event", "eventstore_stream", "commands_request", "access_token"],
    *["ledger_accountdetails", "ledger_balance", "ledger_entry", "ledger_transfer"],
    "projections_projectionstate",
    *["ledger_hold", "ledger_book", "ledger_dailytotal", "ledger_activity"],
    *["ledger_setting", "ledger_standingorder"],
]


def staff(person: Person) -> Client:
    somebody = user(person)
    somebody.is_staff = True
    somebody.save()
    client = Client(raise_request_exception=False)
    client.force_login(somebody)
    return client


def listed(window: str) -> str:
    return reverse(f"admin:{window}_changelist")


def shown(window: str, key: object) -> str:
    return reverse(f"admin:{window}_change", args=[key])


def text(answer) -> str:
    """What a page says, without its tags."""
    assert answer.status_code == 200, answer.content[:500]
    main = answer.content.decode().partition('id="content')[2]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())
