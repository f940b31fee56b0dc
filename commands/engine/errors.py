"""How a request ends without a success: malformed before a command exists, or refused by a rule."""

from collections.abc import Iterable, Mapping
from typing import Any

DEEPEST = 8
"""Reactions to reactions to … an event that somebody asked for."""


class Malformed(Exception):
    """The request does not say what it must in the form it must; each error points at its place."""

    def __init__(self, errors: Iterable[tuple[str, str]], *, status: int = 400) -> None:
        self.errors, self.status = list(errors), status
        super().__init__(
            "; ".join(f"{pointer or '/'}: {detail}" for pointer, detail in self.errors)
        )


class Refused(Exception):
    """A rule says no. The docstring is the sentence people read; the facts are what led to it.

    `example` holds facts, and perhaps a pointer, with which the refusal is really raised.
    """

    code = "refused"
    status = 422
    retry_after: int | None = None
    headers: Mapping[str, str] = {}
    example: Mapping[str, Any] = {}

    def __init__(self, *, pointer: str = "", **facts: Any) -> None:
        self.pointer, self.facts = pointer, facts
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        return " ".join((self.__doc__ or "").split())

    @property
    def uses_key(self) -> bool:
        """Whether it is a rule's "no", which is final for the request's idempotency key."""
        return self.status == 422

    def as_answer(self) -> dict[str, Any]:
        """The refusal as it is stored, and replayed word for word."""
        return {
            "code": self.code,
            "detail": self.detail,
            "pointer": self.pointer,
            "facts": shown(self.facts),
        }


class StoredRefusal(Refused):
    """A refusal as it was stored."""

    def __init__(
        self, status: int, answer: Mapping[str, Any], *, headers: Mapping[str, str]
    ) -> None:
        self.code, self.status, self._detail = answer["code"], status, answer["detail"]
        self.headers = headers
        super().__init__(pointer=answer["pointer"], **answer["facts"])

    @property
    def detail(self) -> str:
        return str(self._detail)


class Forbidden(Refused):
    """You may not do this; ask somebody with the right."""

    code, status = "forbidden", 403


class StaleVersion(Refused):
    """The account has changed since you read it; read it again and decide anew."""

    code, status = "stale-version", 412
    example = {"expected": 17, "actual": 18}


class IdempotencyKeyReused(Refused):
    """This idempotency key belongs to another request; use a new key."""

    code = "idempotency-key-reused"
    example = {"key": "first-top-up"}

    @property
    def uses_key(self) -> bool:
        return False


class KeyUsedSince(Refused):
    """The idempotency key of this failed request has been used again since; ask with a new key."""

    code = "key-used-since"
    example = {"key": "first-top-up"}

    @property
    def uses_key(self) -> bool:
        return False


class Cancelled(Refused):
    """It was cancelled before it was begun; nothing was done."""

    code = "cancelled"


class AlreadyBegun(Refused):
    """It has been begun or decided, so it can no longer be cancelled; look at what came of it."""

    code = "already-begun"
    example = {"was": "succeeded"}


class TooDeep(Refused):
    """Reactions to reactions led to this; they end here, before they go on for ever."""

    code = "reactions-too-deep"
    example = {"limit": DEEPEST}


class Failed(Refused):
    """It is our fault and has been noted; nothing was done."""

    code, status = "internal", 500


class InProgress(Refused):
    """A request with this idempotency key is being decided; send the same again in a moment."""

    code, status, retry_after = "in-progress", 409, 1


class Busy(Refused):
    """The ledger is busy and has done nothing; send the same again in a moment."""

    code, status, retry_after = "busy", 503, 1


class OutcomeUnknown(Refused):
    """The database did not say whether this was done; look at the request, or send the same again \
with the same Idempotency-Key."""

    code, status, retry_after = "outcome-unknown", 504, 5
    example = {"request": "019a0d36-2b7c-7d2e-9f2e-3b1f5a6c7d8e"}

    def __init__(self, *, request: str) -> None:
        self.headers = {"Location": f"/api/v1/requests/{request}"}
        super().__init__(request=request)


class HeldElsewhere(Exception):
    """Another transaction holds rows of these streams, or a key; nothing was done."""

    def __init__(self, held: Iterable[str]) -> None:
        self.held = frozenset(held)
        super().__init__(", ".join(sorted(self.held)))


_NUMBERS = frozenset({"limit", "index", "version", "expected", "actual"})


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as they travel: money is a string of digits, counts stay numbers."""
    return {
        key: str(value) if type(value) is int and key not in _NUMBERS else value
        for key, value in facts.items()
    }
