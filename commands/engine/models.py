"""The request row: the log of what was asked, the idempotency record and the outcome in one."""

from django.db import models

from eventstore.fields import PlainJSON


class Request(models.Model):
    """One request, accepted or refused, written in the transaction of its events.

    `answer` holds nothing that depends on the position: `first_position` of its `events` events
    and `decided_at` complete it, the first time and on replay alike. A key is null where a later
    request may use it again; `parent` is the group whose item a request is.
    """

    id = models.UUIDField(primary_key=True)
    parent = models.UUIDField(null=True)
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
    decided_on = PlainJSON()
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "principal",
                "key",
                condition=models.Q(key__isnull=False),
                name="request_key",
            ),
        ]
        indexes = [
            models.Index("principal", "id", name="request_principal_id"),
            # Refusals are few among millions, and what staff look for.
            models.Index("id", condition=models.Q(status="refused"), name="request_refused_id"),
        ]

    def __str__(self) -> str:
        return f"{self.command} {self.id}: {self.status}"
