"""The store's tables, which only the store reads and writes."""

from django.db import models
from django.db.models.functions import Now


class StreamName(models.CharField):  # type: ignore[type-arg]
    """`category-id`, compared byte by byte, so that Python and SQL sort it alike."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_length": 255, "db_collation": "C"} | options)  # type: ignore


CATEGORY = models.Func(
    "stream",
    models.Value("-"),
    models.Value(1),
    function="split_part",
    output_field=models.TextField(),
)
"""What stands before the first hyphen of a stream's name."""


class Event(models.Model):
    """One change of one entity. Rows are never updated or deleted: triggers refuse it."""

    position = models.BigIntegerField(primary_key=True)
    stream = StreamName()
    version = models.BigIntegerField()
    type = models.CharField(max_length=100, db_collation="C")
    schema = models.SmallIntegerField()
    data = models.JSONField()
    metadata = models.JSONField()
    id = models.UUIDField(unique=True)
    recorded_at = models.DateTimeField()
    digest = models.BinaryField()
    seal = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("stream", "version", name="event_stream_version"),
            models.CheckConstraint(
                condition=models.Q(position__gt=0, version__gt=0, schema__gt=0),
                name="event_counts_from_one",
            ),
        ]
        indexes = [
            models.Index(CATEGORY, "position", name="event_category_position"),
            models.Index("type", "position", name="event_type_position"),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.type} {self.stream}/{self.version}"


class Stream(models.Model):
    """A stream's head: its version, locked by whoever changes it, and its cached state.

    `state` is the fold of the events up to `state_version`, made by the code whose fingerprint is
    `state_code`; another fingerprint is ignored and overwritten. At `due_at` something is to be
    done with the stream by itself.
    """

    name = StreamName(primary_key=True)
    version = models.BigIntegerField(default=0)
    state = models.TextField(null=True)
    state_version = models.BigIntegerField(null=True)
    state_code = models.CharField(max_length=64, null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("due_at", condition=models.Q(due_at__isnull=False), name="stream_due")
        ]

    def __str__(self) -> str:
        return str(self.name)


class Checkpoint(models.Model):
    """How far a consumer of the log has come: everything up to `position` is done."""

    consumer = models.CharField(max_length=200, primary_key=True)
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.consumer} at {self.position}"


class ListenerState(models.Model):
    """A listener's row, which whoever moves it locks; it `stopped_at` what it could not handle."""

    name = models.CharField(max_length=100, primary_key=True)
    stopped_at = models.BigIntegerField(null=True)
    error = models.TextField(default="")

    class Meta:
        verbose_name = "listener"

    def __str__(self) -> str:
        return self.name


class Intervention(models.Model):
    """What somebody did to who follows the log, and why; rows are only added.

    `action` is retry, skip, pause, resume, replay, rebuild, or cancel of a rebuild that waits. An
    event at a position that is skipped is left out, also when all is done anew, until somebody
    retries it.
    """

    follower = models.CharField(max_length=100)
    action = models.CharField(max_length=7)
    position = models.BigIntegerField(null=True)
    reason = models.TextField()
    by = models.UUIDField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index("follower", "id", name="intervention_follower")]

    def __str__(self) -> str:
        return f"{self.action} {self.follower}"


class Epoch(models.Model):
    """One life of the log; a restore that lost events begins the next. The highest is now."""

    number = models.IntegerField(primary_key=True)
    system_identifier = models.CharField(max_length=32)
    timeline = models.IntegerField()
    began_at = models.DateTimeField(db_default=Now())
    reason = models.TextField()

    def __str__(self) -> str:
        return f"epoch {self.number}"
