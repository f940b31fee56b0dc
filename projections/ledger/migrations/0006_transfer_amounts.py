"""Transfers are found by the amount of a leg.

Nearly all have two legs of one amount: the first leg tells of both. Only of longer ones is each leg
looked at.
"""

from django.db import migrations

FIRST = "CREATE INDEX transfer_amount ON ledger_transfer ((legs -> 0 ->> 'amount'), position)"
EACH = """
CREATE INDEX transfer_amounts ON ledger_transfer
USING gin (jsonb_path_query_array(legs::jsonb, '$[*].amount'))
WHERE json_array_length(legs) >= 3"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_two_times")]

    operations = [
        migrations.RunSQL(FIRST, "DROP INDEX transfer_amount"),
        migrations.RunSQL(EACH, "DROP INDEX transfer_amounts"),
    ]
