"""Files as people upload them, and what the pages about them show."""

import csv
import io
import re
from html import unescape
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.examples.pages import read, value_of

HEADER = "reference,effective_on,debit,credit,amount,currency,description\n"
GOOD = "m-1,2026-01-05,ann,bob,2.50,EUR,Tea\n"
TOO_MUCH = "m-2,2026-01-05,ann,bob,99.00,EUR,A house\n"
UNREADABLE = "m-3,2026-01-05,ann,bob,a lot,EUR,A riddle\n"
FILE = HEADER + GOOD + TOO_MUCH + UNREADABLE
ACCOUNTS = "code,name,currency,normal_balance,overdraft_limit,owner\n"
HIDDEN = ("of", "mode", "series", "rows", "idempotency_key")


def look(client: Client, content: str | bytes, *, name: str = "march.csv", **fields: str) -> Any:
    """The page that shows what would come of a file."""
    raw = content if isinstance(content, bytes) else content.encode()
    sent = {"of": "transfers", "mode": "each", "series": "", "check": "1"} | fields
    return client.post("/bulk/new", sent | {"file": SimpleUploadedFile(name, raw)})


def send(client: Client, looked: Any, **more: str) -> Any:
    """Send what was looked at, as the page has it."""
    fields = {name: unescape(value_of(looked, name)) for name in HIDDEN}
    return client.post("/bulk/new", fields | more)


def fates(looked: Any) -> dict[int, str]:
    """What would come of each row, by line."""
    lines = re.findall(r"<tr>.*?</tr>", looked.content.decode(), re.DOTALL)[1:]
    cells = [re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL) for line in lines]
    return {int(read(line)): read(fate) for line, _, fate in cells}


def downloaded(answer: Any) -> list[list[str]]:
    """The rows of a file that was answered."""
    return list(csv.reader(io.StringIO(b"".join(answer).decode(), newline="")))
