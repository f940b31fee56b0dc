"""Patterns of requests over HTTP: as JSON, and as a page with charts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.access.permissions import MayRead, SeesAll, WholeLedger
from commands.engine import charts, models
from commands.engine.dispatch import names
from commands.engine.figures import PERCENTS, Episode, Figures, Hour, Latency, figures
from commands.engine.spoken import spoken
from eventstore import openapi
from eventstore.http import BadRequest, answer, moment, parameters
from eventstore.openapi import Operation, like
from eventstore.store import latest_position, timestamp

DAY, MOST_DAYS = timedelta(days=1), 31
PARAMETERS = {"since", "until", "command"}

COUNT = {"type": "integer", "minimum": 1, "examples": [12]}
TIME_TAKEN = {
    "type": "number",
    "minimum": 0,
    "description": "Milliseconds from when it came in, or was due, until it was decided; one that "
    "was queued has waited in between. Right to within 5 %.",
    "examples": [4.36],
}
COMMAND = like(openapi.TEXT, "post_transfer")
QUEUED = {
    "type": "boolean",
    "description": "Whether they were accepted first and decided later.",
    "examples": [False],
}
CODE = like(openapi.TEXT, "insufficient-funds", "Of a refusal or failure; else empty.")
TIMES = {f"p{percent}": TIME_TAKEN for percent in PERCENTS}

PATTERNS = openapi.shape(
    "Patterns",
    "What requests of some whole hours (UTC) have in common.",
    position=openapi.POSITION,
    since=openapi.TIME,
    until=openapi.TIME,
    counted_until={
        **openapi.nullable(openapi.TIME),
        "description": "How far requests are counted by now; null before any is.",
    },
    hours=openapi.listing(
        openapi.shape(
            "HourlyRequests",
            "Requests for a command that came to the same end in an hour.",
            hour=openapi.TIME,
            command=COMMAND,
            queued=QUEUED,
            status=openapi.one_of("succeeded", "refused", "failed", "malformed"),
            code=CODE,
            requests=COUNT,
            **{name: openapi.nullable(time) for name, time in TIMES.items()},
        )
    ),
    latencies=openapi.listing(
        openapi.shape(
            "Latency",
            "How long requests for a command took.",
            command=COMMAND,
            queued=QUEUED,
            requests=COUNT,
            **TIMES,
        )
    ),
    refusals=openapi.listing(
        openapi.shape("RefusalCount", "How often a rule said no.", code=CODE, requests=COUNT)
    ),
    accounts=openapi.listing(
        openapi.shape(
            "BusyAccount",
            "How many requests touched an account: one of the ten that most did.",
            account=like(openapi.TEXT, "customers:alan"),
            requests=COUNT,
        )
    ),
    repeated_keys=openapi.listing(
        openapi.shape(
            "RepeatedKey",
            "A request that was sent again with its key: one of the ten that most often were.",
            request=openapi.UUID,
            command=COMMAND,
            principal=openapi.UUID,
            key=openapi.nullable(like(openapi.TEXT, "first-top-up")),
            replays=COUNT,
        )
    ),
    bursts=openapi.listing(
        openapi.shape(
            "Burst",
            "Minutes without a pause in each of which ten or more requests of somebody's were "
            "refused, most of them with this code.",
            principal=openapi.UUID,
            since=openapi.TIME,
            until=openapi.TIME,
            refusals=COUNT,
            code=CODE,
        )
    ),
)


class Patterns(APIView):
    """What requests of some time have in common: outcomes, times taken, refusals, busy accounts.

    Time counts by whole hours and by when requests were decided. A bulk and its items are counted
    each, and only the bulk is timed; accounts, keys and bursts are those of all commands.
    """

    operation = Operation(
        id="get_request_patterns",
        shows=PATTERNS,
        parameters=(
            openapi.query(
                "since",
                like(openapi.TIME, "2026-11-22T12:00:00Z"),
                "By default a day before `until`.",
            ),
            openapi.query(
                "until", openapi.TIME, f"By default now; at most {MOST_DAYS} days after `since`."
            ),
            openapi.query("command", like(openapi.ANY_TEXT, "post_transfer"), "Of this one alone."),
        ),
    )
    permission_classes = (MayRead, WholeLedger, SeesAll)

    def get(self, request: Request) -> Response:
        found = asked(parameters(request, PARAMETERS))
        position = latest_position()
        return answer(request, _shown(found, position), position)


@require_safe
@login_required
def patterns(request: HttpRequest) -> HttpResponse:
    """The same as a page, for those who may view the ledger."""
    if not request.principal.may("view"):  # type: ignore[attr-defined]
        raise PermissionDenied
    return render(request, "requests/patterns.html", context(request))


def context(request: HttpRequest) -> dict[str, Any]:
    """What a page shows of the time that its query names; and what is wrong with the query."""
    found, wrong = None, {}
    try:
        given = {name: text for name, text in parameters(request, PARAMETERS).items() if text}
        found = asked({**given, **_with_zones(given)})
    except BadRequest as error:
        wrong = {name: spoken(sentence) for name, sentence in error.errors}
    return {
        "figures": found,
        "charts": charts.of(found) if found and found.requests else None,
        "names": names(),
        "wrong": wrong,
        "command": request.GET.get("command", ""),
        "times": [
            (name, label, request.GET.get(name, ""))
            for name, label in (("since", _("From (UTC)")), ("until", _("To (UTC)")))
        ],
    }


def _with_zones(given: Mapping[str, str]) -> dict[str, str]:
    """What an input for a time gives has no zone: it is UTC, with or without seconds."""
    forms = {16: ":00Z", 19: "Z"}
    return {
        name: given[name] + forms.get(len(given[name]), "")
        for name in ("since", "until")
        if name in given
    }


def asked(given: Mapping[str, str]) -> Figures:
    """The figures that a query asks for.

    Raises:
        BadRequest: a time is none, or there are too many hours between the two.
    """
    try:
        until = (moment(given, "until") or datetime.now(UTC)).astimezone(UTC)
        since = (moment(given, "since") or until - DAY).astimezone(UTC)
        if not since <= until <= since + timedelta(days=MOST_DAYS):
            raise BadRequest(
                [("since", f"This must be before the other time, by {MOST_DAYS} days at most.")]
            )
        return figures(since, until, given.get("command", ""))
    except OverflowError as error:
        raise BadRequest([("since", "There are no such times.")]) from error


def _shown(of: Figures, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "since": timestamp(of.since),
        "until": timestamp(of.until),
        "counted_until": timestamp(of.counted_until) if of.counted_until else None,
        "hours": [_hour(each) for each in of.hours],
        "latencies": [_latency(each) for each in of.latencies],
        "refusals": [{"code": code, "requests": requests} for code, requests in of.refusals],
        "accounts": [{"account": code, "requests": requests} for code, requests in of.accounts],
        "repeated_keys": [_repeated(each) for each in of.repeated],
        "bursts": [_burst(each) for each in of.bursts],
    }


def _hour(of: Hour) -> dict[str, Any]:
    return {
        "hour": timestamp(of.hour),
        "command": of.command,
        "queued": of.queued,
        "status": of.status,
        "code": of.code,
        "requests": of.requests,
        **_times(of),
    }


def _latency(of: Latency) -> dict[str, Any]:
    return {"command": of.command, "queued": of.queued, "requests": of.requests, **_times(of)}


def _times(of: Hour | Latency) -> dict[str, float | None]:
    return dict(zip(TIMES, of.times, strict=True)) if of.times else dict.fromkeys(TIMES)


def _repeated(of: models.Request) -> dict[str, Any]:
    return {
        "request": str(of.id),
        "command": of.command,
        "principal": str(of.principal),
        "key": of.key,
        "replays": of.replays,
    }


def _burst(of: Episode) -> dict[str, Any]:
    return {
        "principal": str(of.principal),
        "since": timestamp(of.since),
        "until": timestamp(of.until),
        "refusals": of.refusals,
        "code": of.code,
    }
