"""What others may read by SQL, in columns that stay: views over functions over the read tables.

A view of a table would stay with it when its next one takes its place. The text of a function is
looked at when it is called, and put in the place of the call: so its tables are always the live
ones, and a condition is looked up in their indexes.
"""

from typing import Any

from django.db import migrations

PUBLISHED = {
    "accounts": (
        "account text, name text, currency text, exponent int, normal_balance text,"
        " overdraft_limit numeric, owner uuid, status text, frozen_scope text, metadata jsonb,"
        " debits numeric, credits numeric, posted numeric, held numeric, version bigint",
        """SELECT account::text, name, currency::text, exponent::int, normal_balance::text,
            overdraft_limit, owner, status::text, frozen_scope::text, metadata::jsonb,
            debits, credits,
            CASE normal_balance WHEN 'credit' THEN credits - debits ELSE debits - credits END,
            coalesce((SELECT sum(remaining) FROM {schema}.ledger_hold AS hold
                      WHERE hold.account = balance.account AND hold.status = 'open'
                      AND (expires_at IS NULL OR expires_at > statement_timestamp())), 0),
            version
        FROM {schema}.ledger_balance AS balance""",
    ),
    "entries": (
        '"position" bigint, account text, currency text, exponent int, transfer uuid,'
        " direction text,"
        " amount numeric, balance numeric, effective_on date, recorded_at timestamptz",
        """SELECT entry.position, entry.account::text, currency::text, exponent::int, transfer,
            direction::text, amount,
            CASE normal_balance WHEN 'credit' THEN entry.credits - entry.debits
                                ELSE entry.debits - entry.credits END,
            effective_on, recorded_at
        FROM {schema}.ledger_entry AS entry
        JOIN {schema}.ledger_balance AS balance ON balance.account = entry.account""",
    ),
    "transfers": (
        'id uuid, "position" bigint, legs jsonb, effective_on date, recorded_at timestamptz,'
        " description text, reference text, metadata jsonb, reverses uuid, reversed_by uuid",
        """SELECT id, position, legs::jsonb, effective_on, recorded_at, description, reference,
            metadata::jsonb, reverses, reversed_by
        FROM {schema}.ledger_transfer""",
    ),
    "holds": (
        "id uuid, account text, currency text, exponent int, amount numeric, remaining numeric,"
        ' status text, expires_at timestamptz, payee text, reference text, "position" bigint,'
        " placed bigint",
        """SELECT id, hold.account::text, currency::text, exponent::int, amount,
            CASE WHEN over THEN 0 ELSE remaining END,
            CASE WHEN over THEN 'expired' ELSE hold.status::text END,
            expires_at, payee::text, reference, position, placed
        FROM {schema}.ledger_hold AS hold
        JOIN {schema}.ledger_balance AS balance ON balance.account = hold.account
        CROSS JOIN LATERAL (SELECT hold.status = 'open' AND expires_at <= statement_timestamp())
            AS now (over)""",
    ),
}

MAKE = """
CREATE FUNCTION {schema}.daybook_{name}_now() RETURNS TABLE ({columns})
LANGUAGE sql STABLE PARALLEL SAFE AS $body$ {select} $body$;
CREATE VIEW {schema}.daybook_{name} AS SELECT {names} FROM {schema}.daybook_{name}_now();
"""
UNDO = "DROP VIEW {schema}.daybook_{name}; DROP FUNCTION {schema}.daybook_{name}_now();"

CODES = ("account", "payee")
"""Codes are compared byte by byte, as their indexes have them."""


def _names(columns: str) -> str:
    names = [column.split()[0] for column in columns.split(", ")]
    return ", ".join(f'{name} COLLATE "C" AS {name}' if name in CODES else name for name in names)


def _run(editor: Any, template: str) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        for name, (columns, select) in PUBLISHED.items():
            known = {"schema": schema, "name": name, "columns": columns}
            made = select.format(schema=schema)
            cursor.execute(template.format(**known, select=made, names=_names(columns)))


def make(apps: Any, editor: Any) -> None:
    """Make them in the schema of this book."""
    _run(editor, MAKE)


def undo(apps: Any, editor: Any) -> None:
    """Drop them."""
    _run(editor, UNDO)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_standing_instructions")]

    operations = [migrations.RunPython(make, undo)]
