"""Receivers of these tests are on this machine."""

import pytest

from eventstore import listening
from tests.examples.receiving import LOOPBACK


@pytest.fixture(autouse=True)
def here(settings, monkeypatch):
    settings.DAYBOOK_WEBHOOK_ALLOW = LOOPBACK
    monkeypatch.setattr(listening, "LINGER", 0)
