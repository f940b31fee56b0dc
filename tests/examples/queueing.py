"""The queue as tests see it: requests that wait, and a worker that is told when to work."""

from collections.abc import Callable
from typing import Any

from commands.engine.dispatch import dispatch, submission
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from commands.engine.queue import Worker
from tests.examples.factories import user
from tests.examples.people import SAM, Person

MANY = 200
"""Steps after which a worker that still has something to do never ends."""


def accept(name: str, body: dict[str, Any], by: Person = SAM, **about: Any) -> Outcome:
    """Have a request accepted, to be done later."""
    about.setdefault("road", "queued")
    user(by)
    return dispatch(submission(name, body, principal=by.principal, later=True, **about))


def pay_later(amount: int = 1, *, by: Person = SAM, **about: Any) -> Outcome:
    """Have a payment from Ann to Bob accepted."""
    return accept("post_transfer", {"from": "ann", "to": "bob", "amount": amount}, by, **about)


def upload_later(*, by: Person = SAM) -> Outcome:
    """Have a file of one transfer from Ann to Bob accepted."""
    legs = [
        {"account": code, "direction": side, "amount": "1"}
        for code, side in (("ann", "debit"), ("bob", "credit"))
    ]
    data = {"legs": legs, "reference": "r", "description": "", "currency": "EUR"}
    each = {"command": "post_transfer", "data": data, "line": 2}
    keyed = each | {"idempotency_key": "post_transfer:march:r"}
    return accept("bulk", {"atomic": True, "commands": [keyed]}, by, source="import")


def work(worker: Worker | None = None, *, until: Callable[[], Any] | None = None) -> Worker:
    """Let a worker do what it can do now, or until something has happened."""
    worker = worker or Worker()
    for _ in range(MANY):
        if worker.step() and (until is None or until()):
            return worker
    raise AssertionError("the worker does not come to an end")


def row(of: Outcome) -> Request:
    return Request.objects.get(id=of.request)


def statuses() -> dict[str, int]:
    """How many requests there are in each status."""
    found: dict[str, int] = {}
    for (status,) in Request.objects.filter(road="queued").values_list("status"):
        found[status] = found.get(status, 0) + 1
    return found
