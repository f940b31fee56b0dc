"""Large tables at little cost: rows that a single statement makes, a minute apart from now on."""

from uuid import UUID

from django.db import connection

from commands.engine.models import STATUSES
from tests.examples.people import SAM

ROWS = 60_000
OLD = 5_000
"""How many of the first rows belong to somebody who did nothing since. Of the later events every
second one is of `account-busy`, the others have a stream of their own each."""
OLD_ASKER = UUID(int=0x01D)

EVENTS = f"""
INSERT INTO eventstore_event
    (position, stream, version, type, schema, data, metadata, id, recorded_at, digest)
SELECT last + n,
    CASE WHEN n <= {OLD} THEN 'account-old' WHEN n %% 2 = 0 THEN 'account-busy'
        ELSE 'account-' || n END,
    CASE WHEN n <= {OLD} THEN n WHEN n %% 2 = 0 THEN (n - {OLD}) / 2 ELSE 1 END,
    CASE WHEN n <= {OLD} THEN 'ledger.account_debited' ELSE 'ledger.account_credited' END,
    1, '{{}}', '{{}}', gen_random_uuid(), now() + n * interval '1 minute', ''
FROM generate_series(1, %(rows)s) AS n, (SELECT max(position) AS last FROM eventstore_event) AS _
"""
LENGTHEN = """
INSERT INTO eventstore_event
    (position, stream, version, type, schema, data, metadata, id, recorded_at, digest)
SELECT last + n, %(stream)s, version + n, 'ledger.account_debited', 1, '{}', '{}',
    gen_random_uuid(), now(), ''
FROM generate_series(1, %(events)s) AS n,
    (SELECT max(position) AS last FROM eventstore_event) AS log,
    (SELECT version FROM eventstore_stream WHERE name = %(stream)s) AS head
"""
LONG_HEAD = """
UPDATE eventstore_stream SET version = version + %(events)s, state_version = version + %(events)s
WHERE name = %(stream)s"""
STREAMS = """
INSERT INTO eventstore_stream (name, version)
SELECT 'account-x' || n, 1 FROM generate_series(1, %(rows)s) AS n"""
REQUESTS = f"""
INSERT INTO commands_request (id, command, payload, fingerprint, key, principal, source, road,
    status, http_status, answer, first_position, events, decided_on, received_at, decided_at)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint + n::bigint * 60000), 12, '0')
    || '70008000000000000000')::uuid, 'post_transfer', '{{}}', '', 'many-' || n,
    CASE WHEN n <= {OLD} THEN %(old)s ELSE %(sam)s END, 'api',
    'awaited', 'succeeded', 201, '{{}}', n, 1, '{{}}', now() + n * interval '1 minute', now()
FROM generate_series(1, %(rows)s) AS n"""
FEW = [each for each in STATUSES if each != "succeeded"]
SPREAD = """
UPDATE commands_request SET principal = md5((first_position %% 50)::text)::uuid,
    status = CASE WHEN first_position %% 7 = 0 THEN (%s::text[])[1 + first_position %% %s]
        ELSE status END"""
"""Of fifty people, and one in seven of another status each."""
BALANCES = """
INSERT INTO ledger_balance (account, name, currency, exponent, normal_balance, metadata, version,
    status, debits, credits)
SELECT 'many' || n, 'Many', 'EUR', 2, 'credit', '{}', 1, 'open', 0, 0
FROM generate_series(1, %(rows)s) AS n"""
ENTRIES = f"""
INSERT INTO ledger_entry
    (position, account, transfer, direction, amount, debits, credits, day_debits, day_credits,
     effective_on, recorded_at)
SELECT 1000 + n, CASE WHEN n <= {OLD} THEN 'old' ELSE 'busy' END, gen_random_uuid(), 'credit',
    1, 0, n, 0, n, '2026-01-01', now() + n * interval '1 minute'
FROM generate_series(1, %(rows)s) AS n"""
ACTIVITY = f"""
INSERT INTO ledger_activity (position, account, kind, amount, transfer, holds, facts, recorded_at)
SELECT 1000 + n, CASE WHEN n <= {OLD} THEN 'old' ELSE 'busy' END,
    CASE WHEN n <= 10 THEN 'frozen' ELSE 'credited' END,
    1, gen_random_uuid(), '[]', '{{}}', now() + n * interval '1 minute'
FROM generate_series(1, %(rows)s) AS n"""
TRANSFERS = f"""
INSERT INTO ledger_transfer
    (id, position, legs, effective_on, recorded_at, description, reference, metadata)
SELECT gen_random_uuid(), 1000 + n, '[]', '2026-01-01', now() + n * interval '1 minute',
    '', CASE WHEN n <= {OLD} THEN 'old' ELSE 'many-' || n END, '{{}}'
FROM generate_series(1, %(rows)s) AS n"""


def insert_many(rows: int = ROWS) -> None:
    """Insert so many rows into each large table, and let the planner know."""
    with connection.cursor() as cursor:
        for statement in (EVENTS, STREAMS, REQUESTS, BALANCES, ENTRIES, ACTIVITY, TRANSFERS):
            cursor.execute(statement, {"rows": rows, "sam": SAM.id, "old": OLD_ASKER})
        cursor.execute("ANALYZE")


def insert_few_among_many() -> None:
    """Insert requests of many people, of which few are something else than done.

    What the planner knows of indexes that other tests have filled and emptied is forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, {"rows": 3_000, "sam": SAM.id, "old": OLD_ASKER})
        cursor.execute(SPREAD, [FEW, len(FEW)])
        cursor.execute("REINDEX TABLE commands_request; ANALYZE commands_request")


def lengthen(stream: str, events: int) -> None:
    """Give a stream so many more events, which its cached state is said to know of already."""
    with connection.cursor() as cursor:
        cursor.execute(LENGTHEN, {"stream": stream, "events": events})
        cursor.execute(LONG_HEAD, {"stream": stream, "events": events})
        cursor.execute("ANALYZE")
