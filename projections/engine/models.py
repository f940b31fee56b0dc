"""What is known of each projection besides its table."""

from django.db import models
from django.db.models import functions


class ProjectionState(models.Model):
    """One row per projection: which code built its table, and where an eventual one stopped."""

    name = models.CharField(max_length=100, primary_key=True)
    generation = models.IntegerField(default=1)
    version = models.IntegerField()
    stopped_at = models.BigIntegerField(null=True)
    error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name


class Intervention(models.Model):
    """What somebody did to an eventual projection, and why; rows are only added.

    `action` is retry, skip, pause or resume. A position that is skipped is left out of the table,
    also when it is made anew, until somebody retries it.
    """

    projection = models.CharField(max_length=100)
    action = models.CharField(max_length=6)
    position = models.BigIntegerField(null=True)
    reason = models.TextField()
    by = models.UUIDField()
    at = models.DateTimeField(db_default=functions.Now())

    def __str__(self) -> str:
        return f"{self.action} {self.projection}"
