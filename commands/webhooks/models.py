"""Endpoints that are sent events, and the log of what was sent.

Plain rows rather than events: an endpoint has a secret, and nothing ever leaves the log of events.
"""

from django.db import models
from django.utils import timezone

from commands.webhooks import signing
from eventstore.ids import uuid7


class Endpoint(models.Model):
    """Where events are sent, which, and how far that has come.

    No `types` are all types; a `prefix` is that of account codes. `position` is that of the last
    event that was done with. The one after it was tried in vain `attempts` times since
    `failing_since`, and is tried again at `next_at`. One that is not `active` says in
    `switched_off` why. Until `previous_until` events are signed with the previous secrets too,
    which stand one behind the other.

    A worker that has taken the endpoint on knows its `claim`, until `claimed_until`: without it
    nothing moves. Staff who change an endpoint take the claim away.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField(max_length=2000)
    types = models.JSONField(default=list)
    prefix = models.CharField(max_length=200, blank=True, default="")
    secret = models.BinaryField(max_length=32)
    previous_secrets = models.BinaryField(db_column="previous_secret", null=True)
    previous_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    switched_off = models.CharField(max_length=200, blank=True, default="")
    position = models.BigIntegerField()
    attempts = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    delivered = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    created_by = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"webhook {self.id}"

    @property
    def secrets(self) -> list[bytes]:
        """What events are signed with now: the secret, then those before it, the last first."""
        known = bytes(self.previous_secrets or b"")
        if self.previous_until is None or self.previous_until <= timezone.now():
            return [bytes(self.secret)]
        ends = range(len(known), 0, -signing.BYTES)
        return [bytes(self.secret), *(known[end - signing.BYTES : end] for end in ends)]


class Delivery(models.Model):
    """One attempt to send an event: when, how long it took in milliseconds, what was answered.

    `status` is that of the answer, null when there was none; `error` says why. There is no foreign
    key, so that an attempt under way never stands in the way of an endpoint's deletion.
    """

    endpoint = models.UUIDField()
    event = models.UUIDField()
    position = models.BigIntegerField()
    type = models.CharField(max_length=200)
    attempt = models.IntegerField()
    at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status = models.SmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        indexes = [
            models.Index("endpoint", "id", name="delivery_endpoint"),
            models.Index("at", name="delivery_at"),
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"event {self.event}, attempt {self.attempt}: {self.status or self.error}"
