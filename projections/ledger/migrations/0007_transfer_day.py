"""Transfers are found by their business dates, however few of them are of the days asked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_transfer_amounts")]

    operations = [
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index("effective_on", "position", name="transfer_day"),
        ),
    ]
