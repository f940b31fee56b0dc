"""A table that is made beside a live one, like it, and takes its place when it is complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

INDEXES = """
SELECT index.oid, index.relname, pg_get_indexdef(index.oid), part.indisunique, made.contype,
    made.condeferrable, made.condeferred
FROM pg_index AS part JOIN pg_class AS index ON index.oid = part.indexrelid
LEFT JOIN pg_constraint AS made ON made.conindid = index.oid AND made.contype IN ('p', 'u')
WHERE part.indrelid = %s::regclass ORDER BY made.contype, index.relname"""

# Of a table and of its columns: who may do what with them, as what gives it and what takes it.
GRANTS = """
SELECT format('GRANT %%s ON %%s TO %%s%%s', what, %(to)s::text, who,
        CASE WHEN grantable THEN ' WITH GRANT OPTION' ELSE '' END),
    format('REVOKE %%s ON %%s FROM %%s', what, %(to)s::text, who)
FROM (SELECT may.privilege_type || part AS what, may.is_grantable AS grantable,
        CASE WHEN may.grantee = 0 THEN 'PUBLIC' ELSE may.grantee::regrole::text END AS who
      FROM (SELECT relacl AS acl, '' AS part FROM pg_class WHERE oid = %(of)s::regclass
            UNION ALL
            SELECT attacl, format(' (%%I)', attname)
            FROM pg_attribute WHERE attrelid = %(of)s::regclass
           ) AS granted, aclexplode(acl) AS may) AS allowed"""

OPTIONS = """
SELECT pg_get_userbyid(relowner), relowner = current_user::regrole,
    array_to_string(reloptions, ', ')
FROM pg_class WHERE oid = %s::regclass"""

# What depends on the live table itself, and would stay with it.
BOUND = """
SELECT DISTINCT format('the view %%s', rule.ev_class::regclass)
FROM pg_depend AS needed JOIN pg_rewrite AS rule ON rule.oid = needed.objid
WHERE needed.classid = 'pg_rewrite'::regclass AND needed.refobjid = %(live)s::regclass
UNION ALL SELECT format('the trigger %%s', tgname) FROM pg_trigger
WHERE tgrelid = %(live)s::regclass AND NOT tgisinternal
UNION ALL SELECT format('the publication %%s', pubname)
FROM pg_publication_rel JOIN pg_publication AS by ON by.oid = prpubid
WHERE prrelid = %(live)s::regclass
UNION ALL SELECT format('the %%s %%s of %%s', CASE contype WHEN 'f' THEN 'foreign key'
    ELSE 'exclusion constraint' END, conname, conrelid::regclass)
FROM pg_constraint WHERE contype IN ('f', 'x') AND %(live)s::regclass IN (conrelid, confrelid)
UNION ALL SELECT format('the function %%s', needed.objid::regprocedure)
FROM pg_depend AS needed
WHERE needed.classid = 'pg_proc'::regclass AND needed.refobjid = %(live)s::regclass
UNION ALL SELECT 'row-level security' FROM pg_class
WHERE oid = %(live)s::regclass AND relrowsecurity
ORDER BY 1"""

SHAPE = """
SELECT (SELECT array_agg(format('%%s %%s %%s %%s %%s', attname, format_type(atttypid, atttypmod),
                                attnotnull, attcollation, pg_get_expr(adbin, adrelid))
                         ORDER BY attname)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped),
    (SELECT array_agg(pg_get_constraintdef(oid) ORDER BY pg_get_constraintdef(oid))
     FROM pg_constraint
     WHERE conrelid = %(table)s::regclass AND contype = 'c')"""

# The server else goes on for a client that was killed, which then cannot go on itself.
NOTICE = "SET LOCAL client_connection_check_interval = '5s'"
PATIENT = "SET LOCAL lock_timeout = '5s'"

KINDS = {"p": "PRIMARY KEY", "u": "UNIQUE"}


@dataclass(frozen=True, slots=True)
class _Index:
    """An index of the live table; the same of its shadow is named after its number."""

    oid: int
    name: str
    definition: str
    unique: bool
    constraint: str | None
    deferrable: bool | None
    deferred: bool | None

    @property
    def shadow(self) -> str:
        return f"next_{self.oid}"

    @property
    def deferring(self) -> str:
        if not self.deferrable:
            return ""
        return "DEFERRABLE INITIALLY DEFERRED" if self.deferred else "DEFERRABLE"


class Shadow:
    """The table that is to be `live`; foreign keys and sequences, which read tables do not have,
    are not taken over.
    """

    def __init__(self, live: str) -> None:
        self.live, self.name, self.old = live, f"next_{live}", f"was_{live}"

    @property
    def exists(self) -> bool:
        return bool(_rows("SELECT to_regclass(%s)", [self.name])[0][0])

    @property
    def bound(self) -> list[str]:
        """What depends on the live table and would stay with it: views, triggers, …"""
        return [name for (name,) in _rows(BOUND, {"live": self.live})]

    @property
    def fits(self) -> bool:
        """Whether it is there, and like the live table, which somebody may have altered since.

        The indexes that it has are, as well.
        """
        if not self.exists:
            return False
        ours, theirs = (
            (_rows(SHAPE, {"table": name}), _rows(OPTIONS, [name]))
            for name in (self.name, self.live)
        )
        return ours == theirs and self._made() <= {each.shadow for each in self._indexes()}

    @property
    def is_indexed(self) -> bool:
        """Whether it has all indexes of the live table."""
        return self._made() >= {each.shadow for each in self._indexes()}

    def create(self) -> None:
        """Make it anew: like the live table, without its indexes, owned and granted like it."""
        ((owner, ours, options),) = _rows(OPTIONS, [self.live])
        _run(
            f"DROP TABLE IF EXISTS {self.name}",
            f"CREATE TABLE {self.name} (LIKE {self.live} INCLUDING ALL EXCLUDING INDEXES)",
        )
        if options:
            _run(f"ALTER TABLE {self.name} SET ({options})")
        self.grant()
        if not ours:
            _run(f'ALTER TABLE {self.name} OWNER TO "{owner}"')

    def grant(self) -> None:
        """Let everybody do with it what they may do with the live table, and nothing else."""
        ours, theirs = (
            set(_rows(GRANTS, {"to": self.name, "of": name})) for name in (self.name, self.live)
        )
        _run(*(revoke for _, revoke in ours - theirs), *(grant for grant, _ in theirs - ours))

    def index(self) -> None:
        """Make the indexes that the live table has and this one does not have yet."""
        made = self._made()
        for each in self._indexes():
            if each.shadow in made:
                continue
            how = each.definition.partition(" USING ")[2]
            unique = "UNIQUE " if each.unique else ""
            with transaction.atomic():
                _run(NOTICE, f"CREATE {unique}INDEX {each.shadow} ON {self.name} USING {how}")
                if each.constraint:
                    _run(
                        f"ALTER TABLE {self.name} ADD CONSTRAINT {each.shadow}"
                        f" {KINDS[each.constraint]} USING INDEX {each.shadow} {each.deferring}"
                    )

    def analyze(self) -> None:
        """Tell the planner what is in it, and where a transaction is not open, which rows all see.

        Else the first queries after the swap would be planned for an empty table.
        """
        vacuum = "" if connection.in_atomic_block else "VACUUM "
        _run(f"{vacuum}ANALYZE {self.name}")

    def swap(self) -> None:
        """Take the live table's place and names, in the caller's transaction, which has it locked.

        What was live stays until `drop_old`.
        """
        indexes = self._indexes()
        _run(
            f"ALTER TABLE {self.live} RENAME TO {self.old}",
            *(f'ALTER INDEX "{each.name}" RENAME TO was_{each.oid}' for each in indexes),
            f"ALTER TABLE {self.name} RENAME TO {self.live}",
            *(f'ALTER INDEX {each.shadow} RENAME TO "{each.name}"' for each in indexes),
        )

    def drop(self) -> None:
        _run(f"DROP TABLE IF EXISTS {self.name}")

    def drop_old(self) -> None:
        """Drop what was live before.

        Raises:
            DatabaseError: somebody who read it has not ended yet, or something depends on it.
        """
        with transaction.atomic():
            _run(PATIENT, f"DROP TABLE IF EXISTS {self.old}")

    def _made(self) -> set[str]:
        return {name for _, name, *_ in _rows(INDEXES, [self.name])}

    def _indexes(self) -> list[_Index]:
        return [_Index(*row) for row in _rows(INDEXES, [self.live])]


def _rows(sql: str, parameters: Sequence[str] | Mapping[str, str]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
