"""Which heads other transactions hold: looked at, or waited for, and never kept."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from django.db import transaction

from eventstore import heads
from eventstore.columns import Texts
from eventstore.errors import StoreBusy
from eventstore.pipeline import pipeline

AT_ONCE = 5
"""Milliseconds: what is not locked, in a table that is not, takes no longer."""


def held(modes: Mapping[str, str], *, insert: Iterable[str]) -> set[str]:
    """Which of these heads others hold just now, without waiting for any.

    `insert` are those that need not exist: somebody may be about to bring one into being.
    """
    missing = set(insert) & modes.keys()
    with transaction.atomic():
        try:
            there, locked = _looked_at(modes)
        except StoreBusy:  # Somebody holds the whole table.
            there, locked = set(), set(modes)
        else:
            locked |= {name for name in missing - there if not is_free(name, modes[name])}
        transaction.set_rollback(True)
    return locked


def is_free(name: str, mode: str, *, patience: int = AT_ONCE) -> bool:
    """Whether a head can be locked within so many milliseconds."""
    try:
        with transaction.atomic(), heads.busy_when_locked():
            with pipeline() as execute:
                heads.send_patience(execute, patience)
                heads.send_locks(execute, {name: mode}, insert=[name])
            transaction.set_rollback(True)
    except StoreBusy:
        return False
    return True


def _looked_at(modes: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """Of these heads, those that exist, and those that are locked.

    Raises:
        StoreBusy: the table is.
    """
    with transaction.atomic(), heads.busy_when_locked(), pipeline() as execute:
        heads.send_patience(execute, AT_ONCE)
        there = [heads.send_heads(execute, modes)]
        free = [
            execute(heads.LOCK_HEADS.format(mode=mode) + " SKIP LOCKED", [Texts(names)])
            for mode, names in groupby(sorted(modes), key=modes.__getitem__)
        ]
    names, unlocked = (
        {row[0] for rows in cursors for row in rows.fetchall()} for cursors in (there, free)
    )
    return names, names - unlocked
