"""`{% tour as stops %}`: the tour of the demo ledger, where it is offered."""

from typing import Any

from django import template

from config.tour import Stop, offered

register = template.Library()


@register.simple_tag(takes_context=True)
def tour(context: dict[str, Any]) -> list[Stop]:
    """Where it leads; empty for who knows it, and on any other ledger."""
    return offered(context["request"])
