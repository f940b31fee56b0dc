"""What happened to accounts, kept by the worker."""

from django.db import migrations, models

import eventstore.fields
import projections.engine.fields
import projections.ledger.models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_daily_totals")]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "position",
                    projections.engine.fields.Position(primary_key=True, serialize=False),
                ),
                (
                    "account",
                    projections.ledger.models.Code(db_collation="C", max_length=200),
                ),
                ("kind", models.CharField(max_length=40)),
                ("amount", projections.engine.fields.Total(null=True)),
                ("transfer", models.UUIDField(null=True)),
                ("holds", eventstore.fields.PlainJSON()),
                ("facts", eventstore.fields.PlainJSON()),
                ("request", models.UUIDField(null=True)),
                ("recorded_at", projections.engine.fields.RecordedAt()),
            ],
            options={
                "verbose_name_plural": "activity",
                "indexes": [
                    models.Index("account", "position", name="activity_account"),
                    models.Index("account", "kind", "position", name="activity_account_kind"),
                    models.Index("kind", "position", name="activity_kind"),
                ],
            },
        ),
    ]
