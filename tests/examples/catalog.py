"""What the database knows of the tables and indexes of the schema, but for their contents."""

from typing import Any

from django.db import connection

CATALOG = """
SELECT relname, relkind, relowner, relacl, reloptions,
    CASE WHEN relkind = 'i' THEN pg_get_indexdef(oid) END,
    (SELECT array_agg(ARRAY[conname::text, contype::text, pg_get_constraintdef(oid)]
                      ORDER BY conname)
     FROM pg_constraint WHERE conrelid = pg_class.oid OR conindid = pg_class.oid),
    (SELECT array_agg(ARRAY[attname::text, attnotnull::text, attacl::text,
                            format_type(atttypid, atttypmod), attcollation::text] ORDER BY attnum)
     FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped)
FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')
ORDER BY 1"""


def catalog() -> list[Any]:
    """Names, owners, grants, options, constraints, columns, in the order of names."""
    with connection.cursor() as cursor:
        cursor.execute(CATALOG)
        return list(cursor.fetchall())
