"""`{% waiting as asked %}`: one's own requests that have not been done yet, for any page."""

from typing import Any

from django import template

from commands.engine import pages, queries

register = template.Library()

MOST = 5


@register.simple_tag(takes_context=True)
def waiting(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The last few of them, as pages show requests."""
    principal = context["request"].principal
    return [pages.shown(each) for each in queries.pending(principal.user, limit=MOST)]
