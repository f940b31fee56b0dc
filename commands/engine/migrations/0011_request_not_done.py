from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside whoever writes: the table is read through, however long it is."""

    atomic = False

    dependencies = [
        ("commands", "0010_request_waiting"),
    ]

    operations = [
        AddIndexConcurrently(
            "request",
            models.Index(
                models.F("principal"),
                models.F("status"),
                models.F("id"),
                condition=models.Q(("status__in", ("refused", "failed", "malformed"))),
                name="request_not_done",
            ),
        ),
    ]
