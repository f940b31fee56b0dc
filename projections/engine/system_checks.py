"""Django's system check of the read tables, as `check --database default` and `migrate` run it."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError

from eventstore.listeners.listener import listeners
from projections.engine.projector import projections
from projections.engine.reading import behind


@checks.register()
def names_of_their_own(**_: Any) -> list[checks.CheckMessage]:
    """What staff say to a follower of the log is kept by its name."""
    names = {each.name for each in projections()} & {each.name for each in listeners()}
    said = "A projection and a listener are both called {}: staff could not steer one of them."
    return [checks.Error(said.format(name), id="projections.E001") for name in sorted(names)]


@checks.register(checks.Tags.database)
def as_far_as_the_log(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[checks.CheckMessage]:
    """What keeps the read tables from being as far as the log."""
    if not databases:
        return []
    try:
        return [checks.Warning(sentence, id="projections.W001") for sentence in behind()]
    except DatabaseError:  # There are no tables before the first migration.
        return []
