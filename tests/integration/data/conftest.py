"""What tests of real data leave as it was."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from eventstore.events import currencies


@pytest.fixture(autouse=True)
def _no_currency_stays() -> Iterator[None]:
    yield
    currencies.configure(settings.DAYBOOK_CURRENCIES)
