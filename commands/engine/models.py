"""The request row: log of what was asked, idempotency record, queue and outcome in one.

Beside it lie what people are told of requests, and what is counted of them.
"""

from django.db import models

from eventstore.fields import Brin, PlainJSON

STATUSES = ("accepted", "succeeded", "refused", "failed", "malformed")
ACCEPTED = models.Q(status="accepted")
NOT_DONE = models.Q(status__in=("refused", "failed", "malformed"))
"""What somebody looks for among the many of theirs that succeeded."""


class Request(models.Model):
    """One request, accepted or refused, written in the transaction of its events.

    `answer` holds nothing that depends on the position: `first_position` of its `events` events
    and `decided_at` complete it, the first time and on replay alike. A key is null where a later
    request may use it again; `replays` is how often it was asked again with it. `parent` is the
    group whose item a request is, `retry_of` the failed one that it asks for again. What is
    malformed never became a command: its `answer` says where it is wrong. The `payload` of one that
    was decided long ago may be forgotten.

    One that is decided later waits as `accepted`: in the `lane` of who asked, in the order of
    `place`, which it has once its `not_before` has come. A worker reckons with its `size`. It was
    stored at `accepted_at`, and a worker had what it needs at `begun_at`. After an attempt that
    failed it keeps its lane waiting until `retry_at`. It is as limited as what it was asked with:
    to versions that are `expected`, and to the accounts under a token's `prefix`. `error` is for
    staff.
    """

    id = models.UUIDField(primary_key=True)
    parent = models.UUIDField(null=True)
    retry_of = models.UUIDField(null=True)
    command = models.CharField(max_length=100)
    payload = PlainJSON(null=True)
    fingerprint = models.BinaryField()
    key = models.CharField(max_length=255, null=True, db_collation="C")
    principal = models.UUIDField()
    source = models.CharField(max_length=20)
    road = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    http_status = models.SmallIntegerField()
    answer = PlainJSON()
    first_position = models.BigIntegerField(null=True)
    events = models.IntegerField(default=0)
    replays = models.IntegerField(db_default=0)
    decided_on = PlainJSON()
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    expected = PlainJSON(null=True)
    prefix = models.CharField(max_length=200, null=True)
    not_before = models.DateTimeField(null=True)
    lane = models.SmallIntegerField(null=True)
    place = models.BigIntegerField(null=True)
    size = models.IntegerField(null=True)
    accepted_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(db_default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "principal",
                "key",
                condition=models.Q(key__isnull=False) & ~models.Q(status="failed"),
                name="request_key",
            ),
        ]
        indexes = [
            models.Index("principal", "id", name="request_principal_id"),
            models.Index("decided_at", condition=models.Q(replays__gt=0), name="request_replayed"),
            # They are few among millions, and what staff look for.
            models.Index(
                "status", "id", condition=~models.Q(status="succeeded"), name="request_status_id"
            ),
            models.Index(
                "lane",
                "place",
                condition=ACCEPTED & models.Q(place__isnull=False),
                name="request_queue",
            ),
            models.Index(
                "retry_of",
                condition=models.Q(retry_of__isnull=False),
                name="request_retry_of",
            ),
            models.Index("principal", "id", condition=ACCEPTED, name="request_waiting"),
            models.Index("principal", "status", "id", condition=NOT_DONE, name="request_not_done"),
            models.Index(
                "not_before",
                condition=ACCEPTED & models.Q(place__isnull=True),
                name="request_scheduled",
            ),
            models.Index(
                "principal",
                "decided_at",
                condition=models.Q(lane__isnull=False),
                name="request_decided_later",
            ),
            # Rows lie nearly in the order of their decisions, and one such entry serves a thousand.
            Brin("decided_at", name="request_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.command} {self.id}: {self.status}"


class Caused(models.Model):
    """What made the product itself ask: the `event`, and the `reaction` to it.

    `correlation` is the request of somebody that it all goes back to, `depth` how many reactions
    lie between.
    """

    request = models.UUIDField(primary_key=True)
    event = models.UUIDField(db_index=True)
    reaction = models.CharField(max_length=100)
    correlation = models.UUIDField()
    depth = models.SmallIntegerField()

    class Meta:
        indexes = [models.Index("correlation", "request", name="caused_correlation")]

    def __str__(self) -> str:
        return f"{self.reaction} after {self.event}"


class Watched(models.Model):
    """A stream that a reaction watches: its state as the reaction has seen it last.

    It is the fold of the events up to `version`, made by the code with the fingerprint `code`. What
    comes after the end of a watch is not folded.
    """

    pk = models.CompositePrimaryKey("reaction", "stream")
    reaction = models.CharField(max_length=100)
    stream = models.CharField(max_length=255, db_collation="C")
    version = models.BigIntegerField()
    state = PlainJSON()
    code = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.reaction}: {self.stream}/{self.version}"


class Notification(models.Model):
    """What somebody is told of what they did not wait for; `kind` says what happened.

    At `mail_at` it is sent by e-mail, if they have an address and have not seen it.
    """

    id = models.UUIDField(primary_key=True)
    user = models.UUIDField()
    kind = models.CharField(max_length=40)
    text = models.TextField()
    request = models.UUIDField(null=True)
    account = models.CharField(max_length=200, null=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("user", "id", name="notification_user"),
            models.Index("request", name="notification_request"),
            models.Index(
                "user",
                "id",
                condition=models.Q(seen_at__isnull=True),
                name="notification_unseen",
            ),
            models.Index(
                "mail_at",
                condition=models.Q(mail_at__isnull=False),
                name="notification_unmailed",
            ),
        ]

    def __str__(self) -> str:
        return self.text


# --- patterns: counts of requests, which can be made anew from their rows at any time ------------


class RollUp(models.Model):
    """Until when requests are counted: there is one row, once anything was."""

    id = models.SmallIntegerField(primary_key=True)
    counted_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"counted until {self.counted_until}"


class HourlyOutcome(models.Model):
    """How many requests for a command came to the same end in an hour, and took as long.

    The outcome is a status and a refusal's code. How long is a `bucket` of a logarithmic histogram,
    so that hours can be added up.
    """

    pk = models.CompositePrimaryKey("hour", "command", "queued", "status", "code", "bucket")
    hour = models.DateTimeField()
    command = models.CharField(max_length=100)
    queued = models.BooleanField()
    status = models.CharField(max_length=20)
    code = models.CharField(max_length=100)
    bucket = models.SmallIntegerField()
    requests = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.hour} {self.command} {self.status} {self.code}: {self.requests}"


class HourlyAccount(models.Model):
    """How many requests touched an account in an hour; of hours that are over, of the busiest."""

    pk = models.CompositePrimaryKey("hour", "account")
    hour = models.DateTimeField()
    account = models.CharField(max_length=255, db_collation="C")
    requests = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.hour} {self.account}: {self.requests}"


class Burst(models.Model):
    """A minute in which somebody was refused again and again; `code` is the most frequent."""

    pk = models.CompositePrimaryKey("minute", "principal")
    minute = models.DateTimeField()
    principal = models.UUIDField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    refusals = models.BigIntegerField()
    code = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"{self.principal} {self.first_at}: {self.refusals} {self.code}"
