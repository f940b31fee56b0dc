"""What must hold before Daybook serves or works."""

from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from config.health import missing_migrations
from eventstore import epoch
from eventstore.errors import first_line
from eventstore.server import unfit


def refuse_missing_migrations() -> None:
    """Refuse tables that are not those of the code.

    Raises:
        CommandError: with the sentence that says what to do.
    """
    try:
        missing = missing_migrations()
    finally:
        connection.close()
    if missing:
        raise CommandError(" ".join(missing))


def refuse_unfit_database() -> None:
    """Refuse a server that is too old or unsafe, and a log that may have lost events.

    Raises:
        CommandError: with the sentence that says what to do.
    """
    try:
        wrong = unfit()
        if not wrong:
            wrong = epoch.doubts()
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {first_line(error)}") from error
    finally:
        connection.close()
    if wrong:
        raise CommandError(" ".join(wrong))
