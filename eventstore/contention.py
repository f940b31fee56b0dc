"""What other transactions hold of streams: looked at, or waited for, and never kept."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from django.db import transaction

from eventstore import heads, signals
from eventstore.columns import Texts
from eventstore.errors import StoreBusy
from eventstore.pipeline import pipeline

AT_ONCE = 5
"""Milliseconds: inserting a row that nobody else is inserting takes no longer."""


def held(modes: Mapping[str, str], *, insert: Iterable[str] = ()) -> set[str]:
    """The streams of these whose head, or a row that hangs on it, others hold just now.

    Heads that exist are not waited for. Those to `insert` need not exist, and each is given a
    moment: somebody may be about to bring it into being.
    """
    try:
        there, locked = _looked_at(modes)
    except StoreBusy:  # Somebody holds the whole table.
        return set(modes)
    missing = (set(insert) & modes.keys()) - there
    locked |= {name for name in missing if not _can_be_locked(name, modes[name], AT_ONCE)}
    return locked | _with_held_rows(modes.keys() - locked)


def is_free(name: str, mode: str, *, patience: int) -> bool:
    """Whether a stream can be had, after waiting for its head for so many milliseconds."""
    return _can_be_locked(name, mode, patience) and not _with_held_rows({name})


def _with_held_rows(streams: set[str]) -> set[str]:
    """Those of these streams with which a row changes that somebody holds."""
    answers = signals.rows_held.send(sender=held, streams=streams)
    return {stream for _, found in answers for stream in found or ()}


def _can_be_locked(name: str, mode: str, patience: int) -> bool:
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
    with transaction.atomic(), heads.busy_when_locked():
        with pipeline() as execute:
            execute(heads.LOCK_TABLE)
            there = [heads.send_heads(execute, modes)]
            free = [
                execute(heads.LOCK_HEADS.format(mode=mode) + " SKIP LOCKED", [Texts(names)])
                for mode, names in groupby(sorted(modes), key=modes.__getitem__)
            ]
        transaction.set_rollback(True)  # What was free is so again.
    names, unlocked = (
        {row[0] for rows in cursors for row in rows.fetchall()} for cursors in (there, free)
    )
    return names, names - unlocked
