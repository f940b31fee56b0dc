"""What every write over HTTP has in common: body → command → the one handler → its outcome."""

from typing import Any, ClassVar, cast

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.access.permissions import MayWrite
from commands.engine.dispatch import dispatch, submission
from commands.engine.errors import Malformed, StoredRefusal


class CommandView(APIView):
    """A POST that is one command. Which one is all that its subclass says."""

    permission_classes = (MayWrite,)
    command: ClassVar[str]

    def post(self, request: Request, **arguments: Any) -> Response:
        unknown = [("", f"There is no parameter {name}.") for name in request.GET]
        if unknown:
            raise Malformed(unknown)
        key = request.headers.get("Idempotency-Key")
        if key is None and settings.DAYBOOK_REQUIRE_IDEMPOTENCY_KEY:
            raise Malformed([("", "An Idempotency-Key header is required here.")])
        asked = submission(
            self.command,
            cast(dict[str, Any], request.data),
            principal=request.principal,  # type: ignore[attr-defined]
            arguments={name: str(value) for name, value in arguments.items()},
            key=key,
        )
        outcome = dispatch(asked)
        headers: dict[str, Any] = {"Daybook-Request": str(outcome.request)}
        if outcome.replayed:
            headers["Idempotent-Replayed"] = "true"
        if not outcome.succeeded:
            raise StoredRefusal(outcome.http_status, outcome.answer, headers=headers)
        headers["Daybook-Position"] = str(outcome.position)
        return Response(outcome.body, status=outcome.http_status, headers=headers)
