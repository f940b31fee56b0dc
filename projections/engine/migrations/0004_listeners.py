
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('eventstore', '0004_listeners'),
        ('projections', '0003_interventions'),
    ]

    operations = [
        migrations.RunSQL(
            """INSERT INTO eventstore_intervention (follower, action, position, reason, by, at)
            SELECT projection, action, position, reason, by, at FROM projections_intervention
            ORDER BY id""",
            """INSERT INTO projections_intervention (projection, action, position, reason, by, at)
            SELECT follower, action, position, reason, by, at FROM eventstore_intervention
            ORDER BY id""",
        ),
        migrations.DeleteModel(
            name='Intervention',
        ),
    ]
