"""What a scraper is told of answers, the queue and webhooks, in Prometheus' text format."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from commands.engine import attempts, queries
from commands.webhooks import queries as webhooks
from eventstore.head_exports import unexported_seconds

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
READS = frozenset({"GET", "HEAD", "OPTIONS"})

Sample = tuple[dict[str, str], float]

log = logging.getLogger(__name__)

_answers: Counter[tuple[str, str, str]] = Counter()
_lock = Lock()


def count(request: HttpRequest, response: HttpResponseBase) -> None:
    """Count an answer, under the pattern of its address: what it names is nobody's business."""
    kind = "read" if request.method in READS else "write"
    match = request.resolver_match
    route = match.route if match else ""
    with _lock:
        _answers[kind, route, str(response.status_code)] += 1


@csrf_exempt
@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts of this process, of the queue and of webhooks, which all share; none names anybody."""
    return HttpResponse("".join(_lines()), content_type=FORMAT)


def _lines() -> Iterator[str]:
    with _lock:
        answers = dict(_answers)
    yield from _metric(
        *("daybook_answers_total", "counter"),
        "Answers of this process, by kind of method, route and status. Each server process counts"
        " its own, from its start.",
        (
            ({"method": kind, "route": route, "status": status}, many)
            for (kind, route, status), many in sorted(answers.items())
        ),
    )
    yield from _metric(
        *("daybook_attempts_total", "counter"),
        "Writes by somebody known that never became a command, by what this process did: stored,"
        " over what one principal may fill in a minute, or failed to be stored.",
        (({"kept": kept}, attempts.kept[kept]) for kept in ("stored", "over", "failed")),
    )
    try:
        waiting, oldest = queries.waiting()
        unexported = unexported_seconds() if settings.DAYBOOK_HEADS_FOLDER else None
        states, counts = webhooks.states(), webhooks.counts()
    except Error as error:
        log.warning("the queue and webhooks are not counted: %s", error)
        connection.close()
        return
    yield from _shared(waiting, oldest, unexported)
    yield from _of_webhooks(states, counts)


def _shared(waiting: int, oldest: float, unexported: float | None) -> Iterator[str]:
    """What all processes say alike, because the database says it."""
    yield from _metric(
        *("daybook_queue_requests", "gauge"),
        "Accepted requests that wait to be decided, in all of the ledger.",
        [({}, waiting)],
    )
    yield from _metric(
        *("daybook_queue_oldest_seconds", "gauge"),
        "How long the oldest of them has waited; 0 when none does.",
        [({}, oldest)],
    )
    if unexported is not None:
        yield from _metric(
            *("daybook_head_unexported_seconds", "gauge"),
            "How long the oldest event that no exported head covers has been recorded; 0 when"
            " none is left. More than DAYBOOK_HEADS_EVERY, and a bit, means that exports fail.",
            [({}, unexported)],
        )


def _of_webhooks(
    states: Mapping[str, int], counts: Iterable[tuple[str, int, int]]
) -> Iterator[str]:
    """What the database says of endpoints, which are named by their ids alone."""
    yield from _metric(
        *("daybook_webhook_endpoints", "gauge"),
        "Endpoints that work, that fail and are tried again, and that are switched off.",
        (({"state": state}, many) for state, many in states.items()),
    )
    yield from _metric(
        *("daybook_webhook_deliveries_total", "counter"),
        "Attempts to send an event to an endpoint, by whether the receiver took it.",
        (
            ({"endpoint": id_, "result": result}, many)
            for id_, delivered, failed in counts
            for result, many in (("delivered", delivered), ("failed", failed))
        ),
    )


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
    for labels, value in samples:
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{told}}} {value}\n" if told else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
