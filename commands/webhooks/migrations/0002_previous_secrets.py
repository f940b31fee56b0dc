from django.db import migrations, models


class Migration(migrations.Migration):
    """The column stays as it is, so that code from before goes on with it."""

    dependencies = [
        ("webhooks", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("endpoint", "previous_secret", "previous_secrets"),
                migrations.AlterField(
                    "endpoint",
                    "previous_secrets",
                    models.BinaryField(db_column="previous_secret", null=True),
                ),
            ]
        ),
    ]
