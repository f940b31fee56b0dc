"""`{% correlation_of request position as found %}`: all that goes back to the same request."""

from uuid import UUID

from django import template

from commands.engine.correlation import Correlation, correlation
from commands.engine.models import Request

register = template.Library()


@register.simple_tag
def correlation_of(request: UUID | str | None, position: int | None = None) -> Correlation | None:
    """What goes back to the same as the request with this id; None where there is no such one."""
    found = Request.objects.filter(id=request).first() if request else None
    return correlation(found, shown=position) if found else None
