"""What kept a table from being made anew, which says nothing of the live one."""

from typing import Any

from django.db import migrations, models


def set_apart(apps: Any, editor: Any) -> None:
    """A table that is beyond an event was not stopped by it: a rebuild was."""
    reached = dict(apps.get_model("eventstore", "Checkpoint").objects.values_list())
    states = apps.get_model("projections", "ProjectionState").objects
    for state in states.filter(stopped_at__isnull=False, immediate=False):
        if reached.get(f"projection.{state.name}", 0) >= state.stopped_at:
            states.filter(name=state.name).update(
                refused_at=state.stopped_at, refusal=state.error, stopped_at=None, error=""
            )


class Migration(migrations.Migration):
    dependencies = [("projections", "0004_listeners"), ("eventstore", "0004_listeners")]

    operations = [
        migrations.AddField(
            "projectionstate", "refusal", models.TextField(blank=True, db_default="", default="")
        ),
        migrations.AddField("projectionstate", "refused_at", models.BigIntegerField(null=True)),
        migrations.RunPython(set_apart, migrations.RunPython.noop),
    ]
