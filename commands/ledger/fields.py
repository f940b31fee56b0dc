"""Fields that only the ledger's bodies have."""

from typing import Any

from commands.engine.fields import TextField
from eventstore import openapi
from eventstore.events import currencies
from eventstore.openapi import Schema


class CurrencyField(TextField):
    """The code of a currency in ISO 4217 or in DAYBOOK_CURRENCIES."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=24, **options)

    def schema(self) -> Schema:
        return openapi.component("Currency", openapi.one_of(*currencies.codes()))

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if currencies.currency(code) is None:
            self.refuse("This currency is neither in ISO 4217 nor in DAYBOOK_CURRENCIES.")
        return code
