"""The log's epoch: one life of the log, raised by a restore that lost events.

The server's identity (system identifier and timeline) is kept with the epoch. When it has changed,
somebody restored a backup or promoted a replica; whether events were lost is then told by the last
position and seal known outside of the database.
"""

import json
from pathlib import Path

from django.conf import settings
from django.db import connection

from eventstore.models import Epoch, Event

HEAD = "head.json"

IDENTITY = """
SELECT (SELECT system_identifier::text FROM pg_control_system()),
       (SELECT timeline_id FROM pg_control_checkpoint())"""


def current() -> int:
    """The number of the present epoch."""
    return Epoch.objects.order_by("-number").values_list("number", flat=True).first() or 1


def doubts() -> list[str]:
    """Why the log may have lost events, a sentence; empty when all is well.

    A changed identity is taken over when the last head known outside is still in the log.
    """
    if Epoch._meta.db_table not in connection.introspection.table_names():
        return []
    known = Epoch.objects.order_by("-number").first()
    identity = _identity()
    if known is None:
        _begin(1, identity, "the beginning")
    elif (known.system_identifier, known.timeline) != identity:
        if not _remembered_head_is_in_the_log():
            return [
                "This is another server than before, or a restored one, and the last events known"
                " here are not in its log: if that is right, run `manage.py db acknowledge`."
            ]
        Epoch.objects.filter(number=known.number).update(
            system_identifier=identity[0], timeline=identity[1]
        )
    return []


def raise_epoch(reason: str) -> int:
    """Begin the next epoch: cursors and positions of the old one are worth nothing any more."""
    number = current() + 1
    _begin(number, _identity(), reason)
    return number


def remember_head() -> None:
    """Keep the last position and seal in DAYBOOK_HOME, outside of the database."""
    last = Event.objects.order_by("-position").first()
    if last is not None:
        head = {"position": last.position, "seal": bytes(last.seal or b"").hex()}
        fresh = _file().with_suffix(".new")
        fresh.write_text(json.dumps(head))
        fresh.replace(_file())


def _begin(number: int, identity: tuple[str, int], reason: str) -> None:
    Epoch.objects.create(
        number=number, system_identifier=identity[0], timeline=identity[1], reason=reason
    )


def _identity() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        identifier, timeline = cursor.fetchall()[0]
    return identifier, timeline


def _remembered_head_is_in_the_log() -> bool:
    try:
        head = json.loads(_file().read_text())
    except (OSError, ValueError):
        return False
    seal = Event.objects.filter(position=head["position"]).values_list("seal", flat=True).first()
    return seal is not None and bytes(seal).hex() == head["seal"]


def _file() -> Path:
    return Path(settings.HOME) / HEAD
