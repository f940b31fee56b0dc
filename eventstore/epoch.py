"""The log's epoch: one life of the log, raised by a restore that lost events.

The server's identity (system identifier and timeline) is kept with the epoch. When it has changed,
somebody restored a backup or promoted a replica; whether events were lost is then told by the last
position and seal known outside of the database.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from eventstore import head, signals
from eventstore.models import Epoch

T = TypeVar("T")

HEAD = "head.{schema}.json"

IDENTITY = """
SELECT (SELECT system_identifier::text FROM pg_control_system()),
       (SELECT timeline_id FROM pg_control_checkpoint())"""

BOOKS = "SELECT schemaname FROM pg_tables WHERE tablename = %s ORDER BY 1"


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
        # Others may begin at the same moment.
        Epoch.objects.bulk_create([_epoch(1, identity, "the beginning")], ignore_conflicts=True)
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


def where_migrated(receiver: Callable[..., None]) -> Callable[..., None]:
    """A receiver of `epoch_raised` that does nothing where its tables are not there yet.

    Then it is the dump of an older release that was restored, which is to be migrated first.
    """

    @wraps(receiver)
    def receive(**said: object) -> None:
        with suppress(ProgrammingError), transaction.atomic():
            receiver(**said)

    return receive


def raise_epoch(reason: str) -> int:
    """Begin the next epoch: cursors and positions of the old one are worth nothing any more.

    A restored log may remember fewer epochs than there were; no number is used a second time.
    """
    known = _remembered()
    number = max(current(), known.epoch if known else 1) + 1
    _epoch(number, _identity(), reason).save(force_insert=True)
    signals.epoch_raised.send(sender=None)
    remember_head()
    return number


def remember_head() -> None:
    """Keep the log's head in DAYBOOK_HOME, outside of the database."""
    head.current().write(_file())


def _epoch(number: int, identity: tuple[str, int], reason: str) -> Epoch:
    return Epoch(number=number, system_identifier=identity[0], timeline=identity[1], reason=reason)


def _identity() -> tuple[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        identifier, timeline = cursor.fetchall()[0]
    return identifier, timeline


def _remembered_head_is_in_the_log() -> bool:
    found = _remembered()
    return found is not None and (found.position == 0 or head.has(found))


def _remembered() -> head.Head | None:
    try:
        return head.parse(_file().read_text())
    except (OSError, head.NoHead):
        return None


def _file() -> Path:
    """A file for each book: several may live in one database, and in one home."""
    return Path(settings.HOME) / HEAD.format(schema=head.schema())


def everywhere(do: Callable[[], T]) -> dict[str, T]:
    """What a function gives for each book of the database, by schema."""
    with connection.cursor() as cursor:
        cursor.execute(BOOKS, [Epoch._meta.db_table])
        schemas = [schema for (schema,) in cursor.fetchall()]
    given = {}
    for schema in schemas:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('search_path', %s, true)", [schema])
            given[schema] = do()
    return given
