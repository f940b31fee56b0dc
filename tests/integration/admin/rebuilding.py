"""Balances that are made anew, as staff see it, and somebody who makes them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.urls import reverse

from projections.engine.models import ProjectionState
from tests.examples.connections import another_connection
from tests.integration.admin.windows import shown, text

WINDOW = "projections_projectionstate"
REBUILD = reverse(f"admin:{WINDOW}_rebuild", args=["balances"])
CANCEL = reverse(f"admin:{WINDOW}_cancel", args=["balances"])


@contextmanager
def made_by_an_operator() -> Iterator[None]:
    """Meanwhile somebody else makes it, who has the lock of whoever does."""
    key = "hashtextextended('daybook.rebuild ' || current_schema() || ' balances', 0)"
    with another_connection() as other:
        other.execute(f"SELECT pg_advisory_lock({key})")
        yield
        other.execute(f"SELECT pg_advisory_unlock({key})")


def state() -> ProjectionState:
    return ProjectionState.objects.get(name="balances")


def said(client) -> str:
    return text(client.get(shown(WINDOW, "balances"))).partition("Made anew:")[2]
