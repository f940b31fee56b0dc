"""An account with a long life: entries over ten years that a few statements write."""

from datetime import date

from django.db import connection

from projections.ledger.models import Balance, Entry
from tests.examples.asking import ask
from tests.examples.ledger import open_account

FIRST = date(2016, 1, 1)
DAYS = 3_650

# Ten years, of each day as many, and every tenth recorded up to a month later than its date.
EVENTS = """
INSERT INTO eventstore_event
    (position, stream, version, type, schema, data, metadata, id, recorded_at, digest)
SELECT n + 1, 'account-ann', n + 1, 'ledger.account_credited', 1, '{}', '{}', gen_random_uuid(),
    %(first)s::date + (n * %(days)s / %(many)s)::int + interval '12 hours', ''
FROM generate_series(1, %(many)s::bigint) AS n"""
ENTRIES = """
INSERT INTO ledger_entry (position, account, transfer, direction, amount, debits, credits,
    day_debits, day_credits, effective_on, recorded_at)
SELECT position, 'ann', gen_random_uuid(), CASE WHEN debit > 0 THEN 'debit' ELSE 'credit' END,
    debit + credit, sum(debit) OVER known, sum(credit) OVER known,
    sum(debit) OVER of_day, sum(credit) OVER of_day, day, recorded_at
FROM (SELECT position, recorded_at,
        recorded_at::date - CASE WHEN position % 10 = 0 THEN (position % 31)::int ELSE 0 END AS day,
        CASE WHEN position % 3 = 0 THEN position % 7 + 1 ELSE 0 END AS debit,
        CASE WHEN position % 3 = 0 THEN 0 ELSE position % 11 + 1 END AS credit
      FROM eventstore_event WHERE position > 1) AS moved
WINDOW known AS (ORDER BY position), of_day AS (PARTITION BY day ORDER BY position)"""


def fill(many: int) -> None:
    """Ann's account gets this many entries."""
    ask(open_account("ann"))
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"first": FIRST, "days": DAYS, "many": many})
        cursor.execute(ENTRIES)
        cursor.execute("VACUUM ANALYZE ledger_entry, eventstore_event")
    last = Entry.objects.latest("position")
    Balance.objects.update(debits=last.debits, credits=last.credits, version=many + 1)
