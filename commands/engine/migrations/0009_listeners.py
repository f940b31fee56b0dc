
import eventstore.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('commands', '0008_replays'),
    ]

    operations = [
        migrations.CreateModel(
            name='Watched',
            fields=[
                ('pk', models.CompositePrimaryKey('reaction', 'stream', blank=True, editable=False, primary_key=True, serialize=False)),
                ('reaction', models.CharField(max_length=100)),
                ('stream', models.CharField(db_collation='C', max_length=255)),
                ('version', models.BigIntegerField()),
                ('state', eventstore.fields.PlainJSON()),
                ('code', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Caused',
            fields=[
                ('request', models.UUIDField(primary_key=True, serialize=False)),
                ('event', models.UUIDField(db_index=True)),
                ('reaction', models.CharField(max_length=100)),
                ('correlation', models.UUIDField()),
                ('depth', models.SmallIntegerField()),
            ],
            options={
                'indexes': [models.Index(models.F('correlation'), models.F('request'), name='caused_correlation')],
            },
        ),
    ]
