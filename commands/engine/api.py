"""What every write over HTTP has in common: body → command → the one handler → its outcome."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.access.admission import admit
from commands.access.permissions import MayRead, MayWrite, WholeLedger
from commands.access.recognition import recognise
from commands.engine import bulk, openapi, queries
from commands.engine.dispatch import dispatch, dry_run, submission
from commands.engine.errors import Malformed, StoredRefusal
from commands.engine.outcomes import Outcome, Submission
from commands.engine.parsing import parse
from commands.engine.writer import adispatch
from eventstore.epoch import current
from eventstore.http import NotFound, accepts_json, answer, flag, parameters, to_json
from eventstore.openapi import Operation
from eventstore.pages import listed, page
from eventstore.store import latest_position
from eventstore.threads import hop

AnyRequest = HttpRequest | Request
Asked = tuple[Submission, bool]
"""What is asked for, and whether it shall be but a dry run."""


class CommandView(APIView):
    """A request that is one command. Which one is all that its subclass says.

    An address below an account also says what it `names`, and which stream If-Match is about.
    """

    permission_classes = (MayWrite,)
    command: ClassVar[str]
    small: ClassVar[int] = 16 * 1024
    """Bytes of a body that may be read on the event loop: a fraction of a millisecond."""

    def post(self, request: Request, **address: Any) -> HttpResponse:
        asked, rehearsal = self.asked(request, request.data, address)
        outcome = dry_run(asked) if rehearsal else dispatch(asked)
        return answered(outcome, rehearsal=rehearsal)

    patch = post

    @classmethod
    def operation(cls) -> Operation:
        return openapi.operation(cls.command, guarded=cls.guarded is not CommandView.guarded)

    @classmethod
    async def lean(cls, request: HttpRequest, **address: Any) -> HttpResponse:
        """The same for an event loop: who asks is learnt together with others, the rest awaited."""
        view = cls()
        view.args, view.kwargs, view.headers = (), address, {}
        view.request = view.initialize_request(request)
        try:
            asked, rehearsal = await view._admit(request, address)
            outcome = await (hop(dry_run, asked) if rehearsal else adispatch(asked))
            if not cls.small:
                return await hop(answered, outcome, rehearsal=rehearsal)
            return answered(outcome, rehearsal=rehearsal)
        except Exception as error:
            return cast(HttpResponse, view.handle_exception(error))

    async def _admit(self, request: HttpRequest, address: Mapping[str, Any]) -> Asked:
        """Plain JSON with a token is let in right here; a session, or much to read, takes a hop."""
        if await recognise(request) and _is_plain(request, most=self.small):
            admit(request, self)
            return self.asked(request, parse(request.body) if request.body else {}, address)
        return await hop(self._admitted, self.request, address)

    def _admitted(self, request: Request, address: Mapping[str, Any]) -> Asked:
        self.initial(request, **address)
        return self.asked(request, request.data, address)

    def names(self, address: Mapping[str, Any]) -> dict[str, str]:
        """The command's arguments that the address names."""
        return {name: str(value) for name, value in address.items()}

    def guarded(self, address: Mapping[str, Any]) -> str | None:
        """The stream whose version If-Match is about; None where the address is of no one."""
        return None

    def asked(self, request: AnyRequest, body: Any, address: Mapping[str, Any]) -> Asked:
        """The command with all that came along, and whether it shall be but a dry run.

        Raises:
            BadRequest: a parameter is unknown or not in its form.
            Malformed: the body or a header is not in its form.
        """
        rehearsal = flag(parameters(request, {"dry_run"}), "dry_run")
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None and settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY and not rehearsal:
            raise Malformed([("", "An Idempotency-Key header is required here.")])
        found = submission(
            self.command,
            body,
            principal=request.principal,  # type: ignore[union-attr]
            arguments=self.names(address),
            expected=_expected(request, self.guarded(address)),
            key=key,
            id=request.id,  # type: ignore[union-attr]
        )
        return found, rehearsal


class Bulk(CommandView):
    """Several commands at once, which take a thread to be read and to be answered."""

    command = bulk.NAME
    small = 0

    @classmethod
    def operation(cls) -> Operation:
        return openapi.bulk()


class Requests(APIView):
    """One's own requests, with what came of them."""

    operation = listed("list_requests", "requests", queries.REQUEST)
    permission_classes = (MayRead, WholeLedger)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current())
        found = queries.own(
            request.principal.user,  # type: ignore[attr-defined]
            after=asked.after(None),
            limit=asked.limit + 1,
            descending=asked.descending,
        )
        position = latest_position()
        body = asked.answer(
            "requests", found, position, show=queries.shown, key=lambda row: str(row.id)
        )
        return answer(request, body, position)


class OneRequest(APIView):
    """A request of one's own; whoever may view the ledger sees those of others too."""

    operation = Operation(id="get_request", shows=queries.REQUEST)
    permission_classes = (MayRead, WholeLedger)

    def get(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        principal = request.principal  # type: ignore[attr-defined]
        found = queries.one(id, user=principal.user, every=principal.may("view"))
        if found is None:
            raise NotFound
        return answer(request, queries.shown(found), latest_position())


def answered(outcome: Outcome, *, rehearsal: bool = False) -> HttpResponse:
    """The answer that tells of an outcome.

    Raises:
        StoredRefusal: it is a refusal, which the one table of problems turns into an answer.
    """
    headers = {"Cache-Control": "no-store"}
    if rehearsal:
        headers["Daybook-Dry-Run"] = "true"
    if outcome.replayed:
        headers["Idempotent-Replayed"] = "true"
    if not outcome.succeeded:
        raise StoredRefusal(outcome.http_status, outcome.answer, headers=headers)
    if not rehearsal:
        headers["Daybook-Position"] = str(outcome.position)
    status = 200 if rehearsal else outcome.http_status
    return HttpResponse(
        to_json(outcome.body), content_type="application/json", status=status, headers=headers
    )


def _is_plain(request: HttpRequest, *, most: int) -> bool:
    """Whether there is nothing in it for DRF to negotiate, and little to read."""
    return (
        request.content_type == "application/json"
        and accepts_json(request)
        and len(request.body) <= most
    )


def _expected(request: AnyRequest, stream: str | None) -> dict[str, int]:
    """The version that If-Match demands of a stream."""
    text = request.META.get("HTTP_IF_MATCH")
    if text is None or (text.strip() == "*" and stream is not None):
        return {}
    if stream is None:
        raise Malformed([("", "If-Match means nothing here: this address is of no one account.")])
    found = re.fullmatch(r'"([0-9]{1,18})"', text.strip(), re.ASCII)
    if found is None:
        raise Malformed([("", 'If-Match is one version as the ETag gave it, such as "17".')])
    return {stream: int(found[1])}
