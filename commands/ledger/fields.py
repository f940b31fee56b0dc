"""Fields that only the ledger's bodies have."""

from typing import Any, NoReturn

from commands.engine.fields import AmountField, TextField
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


class LevelField(AmountField):
    """An amount that a balance is compared with, in minor units: zero or more."""

    least = 0
    pattern = "^(0|[1-9][0-9]{0,37})$"
    sentence = "A level is an integer in minor units, zero or more, at most 38 digits."


class OffField(AmountField):
    """Null, and nothing else: what it stands for is switched off."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def schema(self) -> Schema:
        return {"type": []}

    def to_internal_value(self, data: Any) -> NoReturn:
        self.refuse("This must be null, or have all that goes with it.")
