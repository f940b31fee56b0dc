"""Reads over HTTP: what one may not see is not there."""

import re
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.events.ledger import account_stream
from eventstore.http import BadRequest, NotFound, answer, day, flag, parameters
from eventstore.openapi import Operation, like
from eventstore.pages import Page, listed, page
from eventstore.published import EVENT, cloud_event
from eventstore.store import read_stream
from projections.engine.reading import snapshot
from projections.ledger import queries, serializers
from projections.ledger.models import Balance, Book, Entry, Hold, Transfer

PREFIX = openapi.query(
    "prefix",
    like(openapi.ANY_TEXT, "customers:"),
    "Only accounts whose codes begin so.",
)


FILTERS = ("reference", "amount", "account", "since", "until")
AMOUNT = re.compile("^[1-9][0-9]{0,37}$", re.ASCII)


def _rows(request: Request, asked: Page) -> list[Balance]:
    """A page of the accounts one may see, and one row more."""
    return queries.accounts(
        request.principal,  # type: ignore[attr-defined]
        prefix=asked.query.get("prefix", ""),
        after=asked.after(""),
        limit=asked.limit + 1,
        descending=asked.descending,
    )


class Accounts(APIView):
    """The accounts one may see, by code."""

    operation = listed("list_accounts", "accounts", serializers.ACCOUNT, PREFIX)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=["prefix"])
        with snapshot(Balance, Hold) as position:
            rows = _rows(request, asked)
        body = asked.answer(
            "accounts",
            rows,
            position,
            show=lambda row: serializers.account(row, position),
            key=lambda row: row.account,
        )
        return answer(request, body, position)


class Account(APIView):
    """One account; the ETag is its version."""

    operation = Operation(id="get_account", shows=serializers.ACCOUNT, headers=("ETag",))

    def get(self, request: Request, code: str) -> Response:
        parameters(request, set())
        with snapshot(Balance, Hold) as position:
            found = queries.account(request.principal, code)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        headers = {"ETag": f'"{found.version}"'}
        return answer(request, serializers.account(found, position), position, **headers)


class Balances(APIView):
    """All balances one may see, at one position. Later pages are as of the first one's."""

    operation = listed("list_balances", "balances", serializers.BALANCE, PREFIX)

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=["prefix"])
        with snapshot(Balance, Entry, Hold) as position:
            pinned = (asked.cursor and asked.cursor.position) or position
            rows = _rows(request, asked)
            if pinned < position:
                queries.turn_back(rows, pinned)
        body = asked.answer(
            "balances",
            rows,
            pinned,
            show=serializers.balance,
            key=lambda row: row.account,
            pinned=pinned,
        )
        # An account at version 0 was opened after the pages began; it still bounds its page.
        body["balances"] = [balance for balance in body["balances"] if balance["version"]]
        return answer(request, body, pinned)


class Entries(APIView):
    """An account's entries, each with the balance after it."""

    operation = listed("list_entries", "entries", serializers.ENTRY)

    def get(self, request: Request, code: str) -> Response:
        asked = page(request, epoch=current())
        with snapshot(Balance, Entry, Hold, Transfer) as position:
            found = queries.account(request.principal, code)  # type: ignore[attr-defined]
            if found is None:
                raise NotFound
            lines = queries.entries(
                found,
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        body = asked.answer(
            "entries",
            lines,
            position,
            show=serializers.entry,
            key=lambda line: line.position,
        )
        return answer(request, body, position)


class Holds(APIView):
    """Holds on an account, oldest first. Who owns none but a payee sees those for it."""

    operation = listed(
        "list_holds",
        "holds",
        serializers.HOLD,
        openapi.query(
            "incoming",
            {"type": "boolean"},
            "Those for this account as their payee, instead of those on it.",
        ),
    )

    def get(self, request: Request, code: str) -> Response:
        asked = page(request, epoch=current(), filters=["incoming"])
        with snapshot(Balance, Hold) as position:
            found = queries.holds(
                request.principal,  # type: ignore[attr-defined]
                code,
                incoming=flag(asked.query, "incoming"),
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        if found is None:
            raise NotFound
        body = asked.answer(
            "holds", found, position, show=serializers.hold, key=lambda row: row.placed
        )
        return answer(request, body, position)


class OneHold(APIView):
    """One hold; payer and payee may see it."""

    operation = Operation(id="get_hold", shows=serializers.HOLD)

    def get(self, request: Request, code: str, id: UUID) -> Response:
        parameters(request, set())
        with snapshot(Balance, Hold) as position:
            found = queries.hold(request.principal, code, id)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        return answer(request, serializers.hold(found), position)


class Books(APIView):
    """What is closed, and in which time zone dates are meant."""

    operation = Operation(id="get_book", shows=serializers.BOOK)

    def get(self, request: Request) -> Response:
        parameters(request, set())
        with snapshot(Book) as position:
            found = Book.objects.first()
        return answer(request, serializers.book(found, position), position)


class AccountEvents(APIView):
    """What happened to an account, as events. Of a transfer it tells the account's part alone."""

    operation = listed("list_account_events", "events", EVENT)

    def get(self, request: Request, code: str) -> Response:
        epoch = current()
        asked = page(request, epoch=epoch)
        with snapshot(Balance, Hold) as position:
            found = queries.account(request.principal, code)  # type: ignore[attr-defined]
            if found is None:
                raise NotFound
            seen = asked.after(0)
            before = {"upto": seen - 1} if seen else {}
            bounds = before if asked.descending else {"after": seen}
            events = read_stream(
                account_stream(code), limit=asked.limit + 1, backward=asked.descending, **bounds
            )
        body = asked.answer(
            "events",
            events,
            position,
            show=lambda event: cloud_event(event, epoch),
            key=lambda event: event.version,
        )
        return answer(request, body, position)


class Transfers(APIView):
    """Transfers of the accounts one may see."""

    operation = listed(
        "list_transfers",
        "transfers",
        serializers.TRANSFER,
        openapi.query(
            "reference",
            like(openapi.ANY_TEXT, "order-17"),
            "Only those with just this reference.",
        ),
        openapi.query(
            "amount",
            {**openapi.AMOUNT, "pattern": AMOUNT.pattern},
            "Only those with a leg of just this amount, in minor units.",
        ),
        openapi.query(
            "account",
            like(openapi.ANY_TEXT, "customers:alan"),
            "Only those that name this account.",
        ),
        openapi.query("since", openapi.DATE, "Only those of this business date or a later one."),
        openapi.query("until", openapi.DATE, "Only those of this business date or an earlier one."),
    )

    def get(self, request: Request) -> Response:
        asked = page(request, epoch=current(), filters=FILTERS)
        amount = asked.query.get("amount")
        if amount is not None and not AMOUNT.fullmatch(amount):
            raise BadRequest([("amount", "This is an amount in minor units, of 1 to 38 digits.")])
        with snapshot(Balance, Entry, Hold, Transfer) as position:
            rows = queries.transfers(
                request.principal,  # type: ignore[attr-defined]
                reference=asked.query.get("reference", ""),
                amount=None if amount is None else int(amount),
                account=asked.query.get("account", ""),
                since=day(asked.query, "since"),
                until=day(asked.query, "until"),
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
            )
        body = asked.answer(
            "transfers", rows, position, show=serializers.transfer, key=lambda row: row.position
        )
        return answer(request, body, position)


class OneTransfer(APIView):
    """One transfer."""

    operation = Operation(id="get_transfer", shows=serializers.TRANSFER)

    def get(self, request: Request, id: UUID) -> Response:
        parameters(request, set())
        with snapshot(Balance, Entry, Hold, Transfer) as position:
            found = queries.transfer(request.principal, id)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        return answer(request, serializers.transfer(found), position)
