from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside whoever writes: the table is read through, however long it is."""

    atomic = False

    dependencies = [
        ("commands", "0009_listeners"),
    ]

    operations = [
        AddIndexConcurrently(
            "request",
            models.Index(
                models.F("principal"),
                models.F("id"),
                condition=models.Q(("status", "accepted")),
                name="request_waiting",
            ),
        ),
    ]
