"""Amounts among the fields of events and states, in the decimals of the currency they are of."""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from django.utils.html import format_html

from eventstore import folding
from eventstore.localized import to_readable_text
from eventstore.registry import registered
from eventstore.values import Amount


@cache
def amounts(cls: type) -> frozenset[str]:
    """The fields of this class, and of those in it, that are amounts."""
    found: set[str] = set()
    for name, hint in get_type_hints(cls, include_extras=True).items():
        inner = get_args(hint)
        if Amount in (hint, *inner):
            found.add(name)
        for each in inner or (hint,):
            found |= amounts(each) if hasattr(each, "__dataclass_fields__") else set()
    return frozenset(found)


def is_amount(name: str) -> bool:
    """Whether a field of this name is an amount, whatever event or state it is of."""
    classes = [*(each.cls for each in registered()), *folding.states()]
    return any(name in amounts(each) for each in classes)


def with_decimals(name: str, value: Any, shown: Any, state: Mapping[str, Any] | None) -> Any:
    """What is shown of a field, and beside it its decimals if it is an amount of a known currency.

    The currency is that of the state.
    """
    if not (state and state.get("currency") and isinstance(value, int) and is_amount(name)):
        return shown
    decimals = to_readable_text(value, state["exponent"])
    return format_html('{} <span class="decimals">{} {}</span>', shown, decimals, state["currency"])
