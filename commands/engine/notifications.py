"""Telling people what they did not wait for: on pages, in the API, and by e-mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from commands.engine import readable
from commands.engine.models import Notification
from commands.engine.spoken import saying
from eventstore.columns import Texts, Uuids
from eventstore.ids import uuid7

if TYPE_CHECKING:
    from commands.engine.outcomes import Outcome
    from commands.engine.requests import Row, Statement

INSERT = """
INSERT INTO commands_notification (id, "user", kind, text, request, account, created_at, mail_at)
SELECT unnest(%s), unnest(%s), unnest(%s), unnest(%s), unnest(%s), unnest(%s), clock_timestamp(),
    clock_timestamp() + interval '1 minute'
ON CONFLICT (id) DO NOTHING"""
"""What somebody has seen within a minute is not sent to them."""

NOT_DONE = saying("{what} was not done. {why}")
SOME = saying("{some} of {all} commands sent together were not done.")
SHOWN = 3
"""Notifications that stand on every page; of more there is a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What somebody is told, once under its `id`: of a request, of an account, or of neither."""

    user: UUID
    kind: str
    text: str
    request: UUID | None = None
    account: str | None = None
    id: UUID = field(default_factory=uuid7)


def of_refusals(rows: Sequence["Row"]) -> list["Statement"]:
    """What tells those whose queued requests, or commands of them, were refused."""
    told = [
        Told(user=each.principal.user, kind="refused", request=each.id, text=why)
        for each, why in ((r.submission, _why_not(r.submission.name, r.outcome)) for r in rows)
        if why
    ]
    return [tell(told)] if told else []


def _why_not(command: str, outcome: "Outcome") -> str:
    """What was not done, and why; empty if all was."""
    if outcome.status == "refused":
        return not_done(command, outcome.answer["detail"])
    each = [one["status"] >= 400 for one in outcome.answer.get("outcomes", ())]
    if not any(each):
        return ""
    return SOME.format(some=sum(each), all=len(each))


def not_done(command: str, detail: str) -> str:
    """That a request was not done, and why."""
    return NOT_DONE.format(what=readable.words(command), why=detail)


def of(user: UUID, kind: str, request: UUID | None, text: str) -> list["Statement"]:
    """What tells somebody what became of their request, or of something else of theirs."""
    return [tell([Told(user=user, kind=kind, request=request, text=text)])]


def tell(told: Sequence[Told]) -> "Statement":
    """What stores these; one whose id is there already was told before."""
    return INSERT, [
        Uuids(each.id for each in told),
        Uuids(each.user for each in told),
        Texts(each.kind for each in told),
        Texts(each.text for each in told),
        Uuids(each.request for each in told),
        Texts(each.account for each in told),
    ]


def unseen(user: UUID, *, limit: int) -> list[Notification]:
    """What somebody has not seen yet, newest first."""
    return list(Notification.objects.filter(user=user, seen_at=None).order_by("-id")[:limit])


def on_pages(request: HttpRequest) -> dict[str, Any]:
    """What every page may show: what is new for who looks at it, read only if it is shown."""
    principal = getattr(request, "principal", None)
    if principal is None:
        return {}
    return {"news": SimpleLazyObject(lambda: unseen(principal.user, limit=SHOWN + 1))}


def see(user: UUID, **which: UUID) -> None:
    """Mark what somebody was told of this as seen: it is shown no more, and not sent."""
    new = Notification.objects.filter(user=user, seen_at=None, **which)
    new.update(seen_at=timezone.now(), mail_at=None)
