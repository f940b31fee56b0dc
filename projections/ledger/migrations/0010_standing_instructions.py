"""What accounts are set to do, and their standing orders."""

from django.db import migrations, models

import projections.engine.fields
import projections.ledger.models

CODE = {"db_collation": "C", "max_length": 200}


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_activity")]

    operations = [
        migrations.CreateModel(
            name="Setting",
            fields=[
                (
                    "account",
                    projections.ledger.models.Code(primary_key=True, serialize=False, **CODE),
                ),
                ("low", projections.engine.fields.Total(null=True)),
                ("above", projections.engine.fields.Total(null=True)),
                ("target", projections.ledger.models.Code(null=True, **CODE)),
            ],
        ),
        migrations.CreateModel(
            name="StandingOrder",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account", projections.ledger.models.Code(**CODE)),
                ("payee", projections.ledger.models.Code(**CODE)),
                ("amount", projections.engine.fields.Total()),
                ("every", models.CharField(max_length=5)),
                ("first_on", models.DateField()),
                ("last_on", models.DateField(null=True)),
                ("description", models.TextField()),
                ("status", models.CharField(default="open", max_length=9)),
                ("next_on", models.DateField(null=True)),
                ("done_on", models.DateField(null=True)),
                ("done_transfer", models.UUIDField(null=True)),
                ("done_code", models.CharField(max_length=50, null=True)),
                ("position", projections.engine.fields.Position()),
                ("placed", projections.engine.fields.Position(unique=True)),
            ],
            options={
                "indexes": [models.Index("account", "placed", name="order_account_placed")],
            },
        ),
    ]
