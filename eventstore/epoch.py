"""The log's epoch: one life of the log, raised by a restore that lost events."""

from eventstore.models import Epoch


def current() -> int:
    """The number of the present epoch."""
    return Epoch.objects.order_by("-number").values_list("number", flat=True).first() or 1
