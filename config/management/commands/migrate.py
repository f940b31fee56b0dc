"""Django's migrate, as the role that owns the events; then each role gets just what it needs."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection
from psycopg import sql

from config.domains import domains
from eventstore.models import Event
from eventstore.server import unfit


class Command(migrate.Command):
    help = (
        f"{migrate.Command.help} Runs as DATABASE_OWNER_URL where that is set.\n\n"
        "Example:\n  python manage.py migrate"
    )

    def handle(self, *arguments: Any, **options: Any) -> None:
        application = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(settings.DATABASE_OWNER)
        try:
            wrong = unfit()
            if wrong:
                raise CommandError(" ".join(wrong))
            _make_schema()
            super().handle(*arguments, **options)
            if connection.settings_dict["USER"] != application["USER"]:
                _grant(str(application["USER"]))
        finally:
            connection.close()
            connection.settings_dict.update(application)


def _make_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        if cursor.fetchone() != (settings.DAYBOOK_SCHEMA,):
            cursor.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(
                    sql.Identifier(settings.DAYBOOK_SCHEMA)
                )
            )


def _grant(application: str) -> None:
    """The application may add events and never change one; the read tables are its own."""
    role, schema = sql.Identifier(application), sql.Identifier(settings.DAYBOOK_SCHEMA)
    events = sql.Identifier(Event._meta.db_table)
    statements = [
        "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        "REVOKE UPDATE, DELETE, TRUNCATE ON {events} FROM {role}",
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(role=role, schema=schema, events=events))
        for table in _read_tables():
            cursor.execute(
                sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.Identifier(table), role)
            )


def _read_tables() -> list[str]:
    """The tables of all projections that exist by now."""
    prefixes = tuple(f"{name.rpartition('.')[2]}_" for name in domains("projections", "models.py"))
    return [name for name in connection.introspection.table_names() if name.startswith(prefixes)]
