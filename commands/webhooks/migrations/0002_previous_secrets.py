from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("webhooks", "0001_initial"),
    ]

    operations = [
        migrations.RenameField("endpoint", "previous_secret", "previous_secrets"),
        migrations.AlterField("endpoint", "previous_secrets", models.BinaryField(default=b"")),
    ]
