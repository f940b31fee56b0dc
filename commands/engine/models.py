"""The request row: the log of what was asked, the idempotency record and the outcome in one."""

from typing import Any

from django.db import models


class JSON(models.JSONField):  # type: ignore[type-arg]
    """JSON kept as it was written: nobody searches inside, and plain text is cheaper to write."""

    def db_type(self, connection: Any) -> str:
        return "json"


class Request(models.Model):
    """One request, accepted or refused, written in the transaction of its events.

    `answer` holds nothing that depends on the position: `first_position` of its `events` events
    and `decided_at` complete it, the first time and on replay alike. A key is null where a later
    request may use it again.
    """

    id = models.UUIDField(primary_key=True)
    command = models.CharField(max_length=100)
    payload = JSON(null=True)
    fingerprint = models.BinaryField()
    key = models.CharField(max_length=255, null=True, db_collation="C")
    principal = models.UUIDField()
    source = models.CharField(max_length=20)
    road = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    http_status = models.SmallIntegerField()
    answer = JSON()
    first_position = models.BigIntegerField(null=True)
    events = models.SmallIntegerField(default=0)
    decided_on = JSON()
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

    def __str__(self) -> str:
        return f"{self.command} {self.id}: {self.status}"
