"""Amounts in the columns of the admin's windows."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from eventstore.cells import figure
from eventstore.events.currencies import to_decimal_text
from projections.ledger.models import Balance


def amount(name: str, title: str = "", none: str = "unlimited") -> Any:
    """A column of a row's amount in decimals, or of what it is when it is None."""

    @admin.display(description=title or name)
    def shown(window: Any, row: Any) -> SafeString:
        minor = getattr(row, name)
        return figure(none if minor is None else decimal(minor, row.exponent))

    return shown


def decimal(minor: int, exponent: int | None) -> str:
    """An amount as people write it; its account may not be in the read tables yet."""
    return f"{minor} minor units" if exponent is None else to_decimal_text(minor, exponent)


def with_exponents(rows: list[Any]) -> None:
    """Tell rows of accounts the decimals of their amounts."""
    found = Balance.objects.in_bulk({row.account for row in rows})
    for row in rows:
        row.exponent = found[row.account].exponent if row.account in found else None
