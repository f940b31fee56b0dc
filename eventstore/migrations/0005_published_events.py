"""The log as others may read it by SQL, in columns that stay; who asks needs rights on the table."""

from django.db import migrations

VIEW = """
CREATE VIEW daybook_events WITH (security_invoker = true) AS
SELECT position, stream::text, version, type::text, schema, data, id, recorded_at,
    (metadata ->> 'request')::uuid AS request, (metadata ->> 'correlation')::uuid AS correlation,
    (metadata ->> 'causation')::uuid AS causation
FROM eventstore_event
"""


class Migration(migrations.Migration):
    dependencies = [("eventstore", "0004_listeners")]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW daybook_events")]
