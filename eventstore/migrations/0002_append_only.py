"""Events are never edited: the database refuses it, whoever asks."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION eventstore_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never edited: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'Append an event that corrects it.';
END $$;
CREATE TRIGGER eventstore_no_change BEFORE UPDATE OR DELETE ON eventstore_event
    FOR EACH STATEMENT EXECUTE FUNCTION eventstore_refuse();
CREATE TRIGGER eventstore_no_truncate BEFORE TRUNCATE ON eventstore_event
    FOR EACH STATEMENT EXECUTE FUNCTION eventstore_refuse();
ALTER TABLE eventstore_event ENABLE ALWAYS TRIGGER eventstore_no_change;
ALTER TABLE eventstore_event ENABLE ALWAYS TRIGGER eventstore_no_truncate;
"""

# A head is updated by every append to its stream; room on its page keeps that update in place.
ROOM = "ALTER TABLE eventstore_stream SET (fillfactor = 70)"

UNDO = """
DROP TRIGGER eventstore_no_change ON eventstore_event;
DROP TRIGGER IF EXISTS eventstore_no_truncate ON eventstore_event;
DROP FUNCTION eventstore_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("eventstore", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, UNDO),
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
    ]
