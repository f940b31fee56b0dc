"""What staff do with endpoints.

Each change takes the claim away from who is at work, so that what is sent next is sent by it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from commands.webhooks import signing
from commands.webhooks.models import Delivery, Endpoint
from eventstore.epoch import where_migrated
from eventstore.store import latest_position

OVERLAP = timedelta(hours=24)
"""For how long events are signed with the previous secret too."""
KEPT = 5
"""So many secrets sign beside a new one at most."""
ANEW = {"attempts": 0, "failing_since": None, "next_at": None}
"""What is changed is tried at once, as if it had never failed."""
UNCLAIMED = {"claim": None, "claimed_until": None}


def create(url: str, *, types: list[str], prefix: str, by: UUID) -> Endpoint:
    """Make an endpoint, which is sent what happens from now on; its secret is new."""
    return Endpoint.objects.create(
        url=url,
        types=types,
        prefix=prefix,
        secret=signing.new_secret(),
        position=latest_position(),
        created_by=by,
    )


def change(id_: UUID, *, by: str, **changes: Any) -> Endpoint | None:
    """Change what is sent and where to, or switch an endpoint off and on; None if there is none.

    `by` is the name that is shown as that of who switched it off.
    """
    if "active" in changes:
        changes["switched_off"] = "" if changes["active"] else f"By {by}."
    return _changed(id_, lambda endpoint: {**changes, **ANEW})


def replay(id_: UUID, after: int) -> Endpoint | None:
    """Have everything after a position sent again, or what is up to it left out."""
    return _changed(id_, lambda endpoint: {"position": after, **ANEW})


def rotate(id_: UUID) -> Endpoint | None:
    """Give an endpoint a new secret; the one it has signs beside it for a day.

    So do those before it that still do: who rotates twice, because an answer was lost, takes from
    receivers no secret that they have.
    """
    return _changed(
        id_,
        lambda endpoint: {
            "secret": signing.new_secret(),
            "previous_secrets": b"".join(endpoint.secrets[:KEPT][::-1]),
            "previous_until": timezone.now() + OVERLAP,
        },
    )


def delete(id_: UUID) -> None:
    """Remove an endpoint and the log of its attempts."""
    with transaction.atomic():
        Endpoint.objects.filter(id=id_).delete()
        Delivery.objects.filter(endpoint=id_).delete()


@where_migrated
def step_back(**_: object) -> None:
    """The receiver of `epoch_raised`: go on at the end of a log that has lost events."""
    end = latest_position()
    Endpoint.objects.filter(position__gt=end).update(position=end, **ANEW, **UNCLAIMED)


def _changed(id_: UUID, changes: Callable[[Endpoint], dict[str, Any]]) -> Endpoint | None:
    with transaction.atomic():
        endpoint = Endpoint.objects.select_for_update().filter(id=id_).first()
        if endpoint is None:
            return None
        for name, value in {**changes(endpoint), **UNCLAIMED}.items():
            setattr(endpoint, name, value)
        endpoint.save()
    return endpoint
