"""Who did what to an eventual projection, and why."""

from django.db import migrations, models
from django.db.models import functions


class Migration(migrations.Migration):
    dependencies = [("projections", "0002_online_rebuild")]

    operations = [
        migrations.CreateModel(
            name="Intervention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("projection", models.CharField(max_length=100)),
                ("action", models.CharField(max_length=6)),
                ("position", models.BigIntegerField(null=True)),
                ("reason", models.TextField()),
                ("by", models.UUIDField()),
                ("at", models.DateTimeField(db_default=functions.Now())),
            ],
        ),
    ]
