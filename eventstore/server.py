"""What any server must keep to before a ledger trusts it."""

from django.db import connection

from eventstore.models import Event

OLDEST = 15
SAFE = ("fsync", "synchronous_commit", "full_page_writes")


def unfit() -> list[str]:
    """What is wrong with the server for a ledger, a sentence each: too old, or unsafe settings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [["server_version_num", *SAFE]],
        )
        settings = dict(cursor.fetchall())
    wrong = [f"{name} is off; a ledger needs it on." for name in SAFE if settings[name] == "off"]
    version = int(settings["server_version_num"]) // 10_000
    if version < OLDEST:
        wrong.append(f"PostgreSQL {version} is too old; {OLDEST} or newer is needed.")
    return wrong


def may_change_events() -> bool:
    """Whether nothing but triggers keeps this role from changing events: it owns them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'UPDATE')", [Event._meta.db_table])
        ((may,),) = cursor.fetchall()
    return bool(may)
