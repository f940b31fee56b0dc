"""Owners of accounts in the admin's windows: found by the names of users, and shown by them."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.safestring import SafeString

from eventstore.cells import titled


def user_named(name: str) -> UUID | None:
    """The id of the user with this name."""
    found: UUID | None = (
        get_user_model().objects.filter(username=name).values_list("pk", flat=True).first()
    )
    return found


def with_owners(rows: list[Any]) -> None:
    """Tell rows of accounts the names of their owners."""
    ids = {row.owner for row in rows if row.owner}
    users = get_user_model().objects.in_bulk(ids) if ids else {}
    for row in rows:
        user = users.get(row.owner)
        row.owner_name = user.get_username() if user else str(row.owner or "—")


@admin.display(description="owner")
def owner(window: Any, row: Any) -> SafeString | str:
    """A column of the names of owners, with their ids."""
    return titled(row.owner_name, row.owner) if row.owner else "—"
