"""`{% may_open_account as may_open %}`: whether the link to the form leads anywhere."""

from typing import Any

from django import template

from commands.ledger.forms import accounts as forms

register = template.Library()


@register.simple_tag(takes_context=True)
def may_open_account(context: dict[str, Any]) -> bool:
    """Whether who looks at the page may open any account at all."""
    principal = context["request"].principal
    return bool(principal) and forms.may_open_account(principal)
