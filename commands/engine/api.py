"""What every write over HTTP has in common: body → command → the one handler → its outcome."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from commands.access.admission import admit
from commands.access.permissions import MayWrite
from commands.access.recognition import recognise
from commands.engine import attempts, bulk, openapi
from commands.engine.awaiting import aoutcome_of, outcome_of
from commands.engine.dispatch import dispatch, dry_run, shaped, submission
from commands.engine.errors import StoredRefusal
from commands.engine.fields import NO_KEY, is_key
from commands.engine.outcomes import Outcome, Submission
from commands.engine.parsing import is_encoded, parse
from commands.engine.preferences import AWAITED, Preferences, preferences
from commands.engine.writer import adispatch
from eventstore.http import BadRequest, accepts_json, flag, moment, parameters, to_json
from eventstore.lean import gone_of
from eventstore.openapi import Operation
from eventstore.threads import hop

AnyRequest = HttpRequest | Request
KEY = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, whether it shall be but a dry run, and how it shall be answered."""

    submission: Submission
    rehearsal: bool
    preferences: Preferences


class CommandView(APIView):
    """A request that is one command. Which one is all that its subclass says.

    An address below an account also says what it `names`, and which stream If-Match is about.
    """

    permission_classes = (MayWrite,)
    command: ClassVar[str]
    small: ClassVar[int] = 16 * 1024
    """Bytes of a body that may be read on the event loop: a fraction of a millisecond."""

    def post(self, request: Request, **address: Any) -> HttpResponse:
        asked = self.asked(request, request.data, address)
        if asked.rehearsal:
            return rehearsed(dry_run(asked.submission))
        outcome = dispatch(asked.submission)
        if outcome.is_accepted and (seconds := asked.preferences.wait):
            outcome = outcome_of(outcome, asked.submission.principal.user, seconds)
        return answered(outcome, asked.preferences)

    patch = post

    @classmethod
    def operation(cls) -> Operation:
        return openapi.operation(cls.command, guarded=cls.guarded is not CommandView.guarded)

    @classmethod
    def check_address(cls, path: str) -> None:
        """See that a path names just what the command says an address names.

        A request in the queue has body and arguments in one, which are parted by that.

        Raises:
            ImproperlyConfigured: it names something else.
        """
        places = dict.fromkeys(re.findall(r"<\w+:(\w+)>", path), "")
        with suppress(KeyError):  # Of a place that the view looks for in vain.
            if cls().names(places).keys() == shaped(cls.command).arguments.keys():
                return
        raise ImproperlyConfigured(f"{path} does not name the arguments of {cls.command}")

    @classmethod
    async def lean(cls, request: HttpRequest, **address: Any) -> HttpResponse:
        """The same for an event loop: who asks is learnt together with others, the rest awaited."""
        view = cls()
        view.args, view.kwargs, view.headers = (), address, {}
        view.request = view.initialize_request(request)
        try:
            asked = await view._admit(request, address)
            if asked.rehearsal:
                return rehearsed(await hop(dry_run, asked.submission))
            outcome = await adispatch(asked.submission)
            if outcome.is_accepted and (seconds := asked.preferences.wait):
                user = asked.submission.principal.user
                outcome = await aoutcome_of(outcome, user, seconds, gone_of(request))
            if not cls.small:
                return await hop(answered, outcome, asked.preferences)
            return answered(outcome, asked.preferences)
        except Exception as error:
            return cast(HttpResponse, view.handle_exception(error))

    async def _admit(self, request: HttpRequest, address: Mapping[str, Any]) -> Asked:
        """Plain JSON with a token is let in right here; a session, or much to read, takes a hop."""
        if await recognise(request) and _is_plain(request, most=self.small):
            self._note(request)
            admit(request, self)
            return self.asked(request, parse(request.body) if request.body else {}, address)
        return await hop(self._admitted, self.request, address)

    def _admitted(self, request: Request, address: Mapping[str, Any]) -> Asked:
        self.initial(request, **address)
        return self.asked(request, request.data, address)

    def initial(self, request: Request, *arguments: Any, **address: Any) -> None:
        # Kept before anything reads it: the check of a session's CSRF token does, for one.
        attempts.body(request._request)
        super().initial(request, *arguments, **address)

    def check_permissions(self, request: Request) -> None:
        self._note(request._request)
        super().check_permissions(request)

    def _note(self, request: HttpRequest) -> None:
        """Say what is asked for, now that it is known by whom."""
        attempts.note(request, self.command, "api", arguments=self.names(self.kwargs))

    def names(self, address: Mapping[str, Any]) -> dict[str, str]:
        """The command's arguments that the address names."""
        return {name: str(value) for name, value in address.items()}

    def guarded(self, address: Mapping[str, Any]) -> str | None:
        """The stream whose version If-Match is about; None where the address is of no one."""
        return None

    def asked(self, request: AnyRequest, body: Any, address: Mapping[str, Any]) -> Asked:
        """The command with all that came along, and how it shall be answered.

        Raises:
            BadRequest: a parameter is unknown, or it or a header is not in its form.
            Malformed: the body is not in its form.
        """
        given = parameters(request, {"dry_run", "not_before"})
        rehearsal, not_before = flag(given, "dry_run"), moment(given, "not_before")
        prefers = preferences(request.META.get("HTTP_PREFER"))
        later = prefers.respond_async or not_before is not None
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None and settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY and not rehearsal:
            raise BadRequest([(KEY, "An Idempotency-Key header is required here.")])
        if key is not None and not is_key(key):
            raise BadRequest([(KEY, NO_KEY)])
        found = submission(
            self.command,
            body,
            principal=request.principal,  # type: ignore[union-attr]
            arguments=self.names(address),
            expected=_expected(request, self.guarded(address)),
            key=key,
            id=request.id,  # type: ignore[union-attr]
            road=prefers.road if prefers.respond_async or not later else "queued",
            later=later and not rehearsal,
            not_before=not_before,
        )
        attempts.is_command(request)
        return Asked(found, rehearsal, prefers)


class Bulk(CommandView):
    """Several commands at once, which take a thread to be read and to be answered."""

    command = bulk.NAME
    small = 0

    @classmethod
    def operation(cls) -> Operation:
        return openapi.bulk()

    @classmethod
    def check_address(cls, path: str) -> None:
        """It names nothing."""


def answered(outcome: Outcome, preferences: Preferences = AWAITED) -> HttpResponse:
    """The answer that tells of an outcome.

    Raises:
        StoredRefusal: it is a refusal, which the one table of problems turns into an answer.
    """
    headers = {"Cache-Control": "no-store"}
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    if outcome.is_accepted:
        headers["Location"] = f"/api/v1/requests/{outcome.request}"
    elif outcome.succeeded:
        headers["Daybook-Position"] = str(outcome.position)
    if applied := preferences.applied(in_time=not outcome.is_accepted):
        headers["Preference-Applied"] = applied
    return _answer(outcome, headers, outcome.http_status)


def rehearsed(outcome: Outcome) -> HttpResponse:
    """The answer that tells what would come of a request; its refusal is raised too."""
    return _answer(outcome, {"Cache-Control": "no-store", "Daybook-Dry-Run": "true"}, 200)


def _answer(outcome: Outcome, headers: dict[str, str], status: int) -> HttpResponse:
    if not (outcome.succeeded or outcome.is_accepted):
        raise StoredRefusal(outcome.http_status, outcome.answer, headers=headers)
    return HttpResponse(
        to_json(outcome.body), content_type="application/json", status=status, headers=headers
    )


def _is_plain(request: HttpRequest, *, most: int) -> bool:
    """Whether there is nothing in it for DRF to negotiate, and little to read."""
    return (
        request.content_type == "application/json"
        and not is_encoded(request)
        and accepts_json(request)
        and len(request.body) <= most
    )


def _expected(request: AnyRequest, stream: str | None) -> dict[str, int]:
    """The version that If-Match demands of a stream."""
    text = request.META.get("HTTP_IF_MATCH")
    if text is None or (text.strip() == "*" and stream is not None):
        return {}
    if stream is None:
        said = "If-Match means nothing here: this address is of no one account."
        raise BadRequest([("If-Match", said)])
    found = re.fullmatch(r'"([0-9]{1,18})"', text.strip(), re.ASCII)
    if found is None:
        said = 'If-Match is one version as the ETag gave it, such as "17".'
        raise BadRequest([("If-Match", said)])
    return {stream: int(found[1])}
