
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('eventstore', '0003_due'),
    ]

    operations = [
        migrations.CreateModel(
            name='ListenerState',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('stopped_at', models.BigIntegerField(null=True)),
                ('error', models.TextField(default='')),
            ],
        ),
        migrations.CreateModel(
            name='Intervention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('follower', models.CharField(max_length=100)),
                ('action', models.CharField(max_length=6)),
                ('position', models.BigIntegerField(null=True)),
                ('reason', models.TextField()),
                ('by', models.UUIDField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'indexes': [models.Index(models.F('follower'), models.F('id'), name='intervention_follower')],
            },
        ),
    ]
