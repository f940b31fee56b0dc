"""The help desk's read tables: thrown away and made again from events at any time."""

from django.db import models


class Ticket(models.Model):
    """A ticket as it is now."""

    id = models.UUIDField(primary_key=True)
    subject = models.TextField()
    customer = models.UUIDField()
    solution = models.TextField(null=True)
    version = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.id)


class Tally(models.Model):
    """How many tickets of a desk there are; all of a desk's tickets share a row."""

    desk = models.CharField(max_length=20, primary_key=True)
    opened = models.BigIntegerField(default=0)
    solved = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return str(self.desk)
