"""What is known of each projection besides its table."""

from django.db import models


class ProjectionState(models.Model):
    """One row per projection: which code built its table, and where an eventual one stopped."""

    name = models.CharField(max_length=100, primary_key=True)
    generation = models.IntegerField(default=1)
    version = models.IntegerField()
    stopped_at = models.BigIntegerField(null=True)
    error = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name
