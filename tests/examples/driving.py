"""The product asked what the model is asked, on any road, and its answers in the same words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from commands.access.principal import SYSTEM
from commands.engine.dispatch import dispatch, dry_run, submission
from commands.engine.outcomes import Outcome, Submission
from commands.engine.queue import Worker
from commands.engine.run import look
from eventstore.events.ledger import account_stream
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.model import Answer, Asked, Who
from tests.examples.people import ANN, BOB, CLEO, EVE, FLO, SAM, VIC

PEOPLE = {person.name: person for person in (ANN, BOB, EVE, VIC, SAM, FLO, CLEO)}
PRINCIPALS = {
    SYSTEM.name: SYSTEM,
    **{name: person.principal for name, person in PEOPLE.items()},
}
WHO = {name: Who(str(of.user), of.rights) for name, of in PRINCIPALS.items()}
"""Everybody, as the model knows them."""
BY_ID = {str(of.user): of for of in PRINCIPALS.values()}

PATHS = {
    "open_account": "POST /accounts",
    "change_account_details": "PATCH /accounts/{account}",
    "change_overdraft_limit": "POST /accounts/{account}/overdraft-limit",
    "freeze_account": "POST /accounts/{account}/freeze",
    "unfreeze_account": "POST /accounts/{account}/unfreeze",
    "close_account": "POST /accounts/{account}/close",
    "reopen_account": "POST /accounts/{account}/reopen",
    "place_hold": "POST /accounts/{account}/holds",
    "capture_hold": "POST /accounts/{account}/holds/{hold}/capture",
    "release_hold": "POST /accounts/{account}/holds/{hold}/release",
    "post_transfer": "POST /transfers",
    "reverse_transfer": "POST /transfers/{transfer}/reverse",
    "close_books": "POST /books/close",
    "set_alert": "POST /accounts/{account}/alert",
    "set_sweep": "POST /accounts/{account}/sweep",
    "place_standing_order": "POST /standing-orders",
    "cancel_standing_order": "POST /standing-orders/{order}/cancel",
}
"""Where each command is asked for over HTTP; what the time brings about has no place there."""
TABLES = """
SELECT (SELECT coalesce(json_agg(b), '[]') FROM ledger_balance b)::text,
    (SELECT coalesce(json_agg(h), '[]') FROM ledger_hold h)::text,
    (SELECT coalesce(json_agg(k), '[]') FROM ledger_book k)::text,
    (SELECT coalesce(json_agg(s), '[]') FROM ledger_setting s)::text,
    (SELECT coalesce(json_agg(o), '[]') FROM ledger_standingorder o)::text"""
PROBLEM = {"type", "title", "status", "detail", "code", "errors", "instance"}
"""What every problem has; the rest are facts."""


class Clients:
    """A client of the API for everybody but the product itself."""

    def __init__(self) -> None:
        self._apis = {str(user(person).id): Api(person) for person in PEOPLE.values()}

    def can_ask(self, asked: Asked) -> bool:
        return asked.command in PATHS and asked.who.id in self._apis

    def send(self, asked: Asked, key: str | None = None, query: str = "", **headers: str) -> Any:
        """The response to a request."""
        method, path = PATHS[asked.command].split()
        body = {name: said for name, said in asked.said.items() if f"{{{name}}}" not in path}
        if asked.version is not None:
            headers["If-Match"] = f'"{asked.version}"'
        api = self._apis[asked.who.id]
        return api.write(method, path.format(**asked.said) + query, body, key=key, **headers)

    def ask(self, asked: Asked, key: str | None = None) -> Answer:
        return _of_response(self.send(asked, key))

    def rehearse(self, asked: Asked) -> Answer:
        return _of_response(self.send(asked, query="?dry_run=true"))

    def queue(self, asked: Asked, key: str | None = None) -> tuple[bool, Answer]:
        """Whether it was accepted, and what came of it when a worker had done what there was."""
        response = self.send(asked, key, Prefer="respond-async")
        if response.status_code != 202:
            return False, _of_response(response)
        Worker().step()
        shown = self._apis[asked.who.id].get(response["Location"].removeprefix("/api/v1")).json()
        return True, told(shown["answer"]["status"], shown["answer"]["body"])

    def ask_all(self, several: Sequence[Asked], *, atomic: bool) -> Answer:
        commands = [{"command": each.command, "data": each.said} for each in several]
        api = self._apis[several[0].who.id]
        return _of_response(api.post("/bulk", {"atomic": atomic, "commands": commands}))

    def read(self, who: Who, path: str) -> dict[str, Any] | None:
        """What is there for somebody; None where there is nothing."""
        response = self._apis[who.id].get(path)
        assert response.status_code in (200, 404), response.content
        return response.json() if response.status_code == 200 else None


def submitted(asked: Asked, key: str | None = None) -> Submission:
    """A request as the product takes it."""
    expected = {}
    if asked.version is not None:
        expected = {account_stream(asked.said["account"]): asked.version}
    return submission(
        asked.command, asked.said, principal=BY_ID[asked.who.id], expected=expected, key=key
    )


def ask(asked: Asked, key: str | None = None) -> Answer:
    """What comes of a request that is dispatched."""
    return of_outcome(dispatch(submitted(asked, key)))


def rehearse(asked: Asked) -> Answer:
    return of_outcome(dry_run(submitted(asked)))


def ask_all(several: Sequence[Asked], *, atomic: bool) -> Answer:
    """What comes of several that are dispatched in one request."""
    commands = [{"command": each.command, "data": each.said} for each in several]
    payload = {"atomic": atomic, "commands": commands}
    return of_outcome(dispatch(submission("bulk", payload, principal=BY_ID[several[0].who.id])))


def of_outcome(outcome: Outcome) -> Answer:
    return told(outcome.http_status, outcome.told)


def told(status: int, body: Mapping[str, Any]) -> Answer:
    """An answer in the model's words."""
    if status >= 400:
        facts = {name: fact for name, fact in body.items() if name not in PROBLEM}
        errors = body.get("errors", ())
        pointer = errors[0]["pointer"] if errors else ""
        return {"status": status, "code": body["code"], "pointer": pointer, "facts": facts}
    shown = {name: value for name, value in body.items() if name != "request"}
    if "outcomes" in shown:
        shown["outcomes"] = [told(each["status"], each["body"]) for each in shown["outcomes"]]
    position, events = body["request"]["position"], body["request"]["events"]
    return {"status": status, "position": position, "events": events, **shown}


def names_of(answer: Answer) -> dict[str, str]:
    """The ids that were drawn for what was made."""
    found = {name: answer[name]["id"] for name in ("transfer", "hold") if name in answer}
    if order := answer.get("standing_order"):
        found |= {"order": order["id"], "transfer": (order["last"] or {}).get("transfer")}
    if swept := answer.get("swept"):
        found["transfer"] = swept["transfer"]
    return found


@dataclass
class Tables:
    """The read tables' rows at a time, by code and id; a hold that is overdue is none any more."""

    accounts: dict[str, dict[str, Any]]
    holds: dict[str, dict[str, Any]]
    closed_through: str | None
    settings: dict[str, dict[str, Any]]
    orders: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, now: datetime) -> "Tables":
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            accounts, holds, books, settings, orders = map(json.loads, cursor.fetchone())
        for hold in holds:
            ends = hold["expires_at"] and datetime.fromisoformat(hold["expires_at"])
            if ends and ends <= now and hold["status"] == "open":
                hold |= {"status": "expired", "remaining": 0}
        closed = books[0]["closed_through"] if books else None
        by_code = {row["account"]: row for row in accounts}
        return cls(
            by_code,
            {row["id"]: row for row in holds},
            closed,
            {row["account"]: row for row in settings},
            {row["id"]: row for row in orders},
        )

    def held(self, code: str) -> int:
        return sum(hold["remaining"] for hold in self.holds.values() if hold["account"] == code)


def folded(codes: Sequence[str]) -> dict[str, Any]:
    """The accounts' states as rules decide on them."""
    states = look(account_stream(code) for code in codes)
    return {code: states[account_stream(code)] for code in codes}


def _of_response(response: Any) -> Answer:
    return told(response.status_code, response.json())
