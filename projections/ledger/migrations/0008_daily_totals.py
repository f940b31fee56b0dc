"""What was posted to each account on each business date, kept by the worker."""

from django.db import migrations, models

import projections.engine.fields
import projections.ledger.models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_transfer_day")]

    operations = [
        migrations.CreateModel(
            name="DailyTotal",
            fields=[
                (
                    "id",
                    projections.ledger.models.Code(
                        db_collation="C", max_length=211, primary_key=True, serialize=False
                    ),
                ),
                (
                    "account",
                    projections.ledger.models.Code(db_collation="C", max_length=200),
                ),
                ("day", models.DateField()),
                ("debits", projections.engine.fields.Total(default=0)),
                ("credits", projections.engine.fields.Total(default=0)),
                ("entries", models.IntegerField(default=0)),
            ],
        ),
    ]
