"""What kept a table from being made anew, which says nothing of the live one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projections", "0004_listeners")]

    operations = [
        migrations.AddField(
            "projectionstate", "refusal", models.TextField(blank=True, db_default="", default="")
        ),
        migrations.AddField("projectionstate", "refused_at", models.BigIntegerField(null=True)),
    ]
