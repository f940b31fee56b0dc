"""`{% roads_compared as offered %}`: whether the link to the comparison leads anywhere."""

from typing import Any

from django import template

from config.roads.comparing import is_offered

register = template.Library()


@register.simple_tag(takes_context=True)
def roads_compared(context: dict[str, Any]) -> bool:
    """Whether who looks at the page may send the same transfer down all three roads."""
    return is_offered(getattr(context["request"], "principal", None))
