"""What is known of each projection besides its table."""

from django.db import models

LOST = "events that the log has lost"
"""The fingerprint of a table that is beyond the end of a restored log."""


class ProjectionState(models.Model):
    """One row per projection: which code made its table, and how far it is behind.

    An immediate one that code of another fingerprint met has only the events up to `behind_since`.
    An eventual one `stopped_at` what it could not apply. While the next table is made beside it,
    that has the events up to `loaded`, by the code with the fingerprint `loaded_by`; what that
    could not apply is at `refused_at`, which says nothing of the live table. The run that makes it
    `began` at a position and a time, and last said how far it was at `loaded_at`. Staff ask for
    one at `wanted_at`, by the code with the fingerprint `wanted_of`; for that wish a worker has
    begun so many `tries`, the last at `tried_at`. Why the last one made nothing is `unmade`.
    """

    name = models.CharField(max_length=100, primary_key=True)
    generation = models.IntegerField(default=1)
    version = models.IntegerField()
    fingerprint = models.CharField(max_length=64, blank=True, db_default="")
    immediate = models.BooleanField(db_default=True)
    behind_since = models.BigIntegerField(null=True)
    stopped_at = models.BigIntegerField(null=True)
    error = models.TextField(blank=True, default="")
    refused_at = models.BigIntegerField(null=True)
    refusal = models.TextField(blank=True, default="", db_default="")
    loaded = models.BigIntegerField(null=True)
    loaded_by = models.CharField(max_length=64, null=True)
    loaded_at = models.DateTimeField(null=True)
    began = models.BigIntegerField(null=True)
    began_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(null=True)
    wanted_of = models.CharField(max_length=64, blank=True, default="", db_default="")
    tries = models.SmallIntegerField(default=0, db_default=0)
    tried_at = models.DateTimeField(null=True)
    unmade = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = "projection"

    def __str__(self) -> str:
        return self.name

    def is_of(self, fingerprint: str) -> bool:
        """Whether the code with this fingerprint made the table; if nobody knows, it is."""
        return self.fingerprint in ("", fingerprint)

    def is_wanted_of(self, fingerprint: str) -> bool:
        """Whether a table by the code with this fingerprint is what staff wait for."""
        return self.wanted_at is not None and self.wanted_of in ("", fingerprint)
