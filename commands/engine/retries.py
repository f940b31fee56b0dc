"""Failed requests are run again by those who operate, once each."""

from django.db import transaction

from commands.engine import queue
from commands.engine.errors import Malformed
from commands.engine.models import Request
from commands.engine.outcomes import Outcome


def of(failed: Request) -> list[Request]:
    """The requests that asked for a failed one again, oldest first."""
    return list(Request.objects.filter(retry_of=failed.id).order_by("id"))


def run_again(failed: Request) -> Outcome:
    """Ask for a failed request once more, unless somebody just did.

    Raises:
        Malformed: it did not fail, is being or was done since, or can no longer be asked for.
    """
    with transaction.atomic():
        # Who else runs it again waits here, and then finds the new request.
        row = Request.objects.select_for_update().get(id=failed.id)
        if row.status != "failed":
            raise Malformed([("", "It did not fail.")])
        if any(each.status in {"accepted", "succeeded"} for each in of(row)):
            raise Malformed([("", "It was run again already.")])
        return queue.again(row)
