"""Reads over HTTP: what one may not see is not there."""

import re
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventstore import openapi
from eventstore.epoch import current
from eventstore.events.ledger import account_stream
from eventstore.http import BadRequest, NotFound, answer, day, parameters
from eventstore.openapi import Operation, like
from eventstore.pages import Page, listed, page
from eventstore.published import EVENT, cloud_event
from eventstore.store import read_stream
from projections.engine.reading import snapshot
from projections.ledger import asof, queries, serializers
from projections.ledger.history import Moment
from projections.ledger.models import Balance, Book, Entry, Hold, Transfer

PREFIX = openapi.query(
    "prefix",
    like(openapi.ANY_TEXT, "customers:"),
    "Only accounts whose codes begin so.",
)


AMOUNT = re.compile("^[1-9][0-9]{0,37}$", re.ASCII)


def _page(request: Request, *filters: str) -> Page:
    """A page of a list that can be asked for as of any time."""
    return page(request, epoch=current(), filters=[*filters, "as_of"], pinned=asof.PINNED)


def _rows(request: Request, asked: Page, moment: Moment) -> list[Balance]:
    """A page of the accounts one may see, and one row more."""
    return queries.accounts(
        request.principal,  # type: ignore[attr-defined]
        prefix=asked.query.get("prefix", ""),
        after=asked.after(""),
        limit=asked.limit + 1,
        descending=asked.descending,
        moment=moment,
    )


class Accounts(APIView):
    """The accounts one may see, by code."""

    operation = listed(
        "list_accounts", "accounts", serializers.ACCOUNT, PREFIX, *asof.PARAMETERS, etag=True
    )

    def get(self, request: Request) -> Response:
        asked = _page(request, "prefix")
        with asof.then(asked, Balance, Hold) as moment:
            rows = _rows(request, asked, moment)
        body = asked.answer(
            "accounts",
            rows,
            moment.position,
            show=lambda row: serializers.account(row, moment.position),
            key=lambda row: row.account,
            pinned=moment.pinned,
        )
        return answer(request, body, moment.position, fixed=moment.fixed)


class Account(APIView):
    """One account; the ETag is its version."""

    operation = Operation(
        id="get_account", shows=serializers.ACCOUNT, parameters=asof.PARAMETERS, headers=("ETag",)
    )

    def get(self, request: Request, code: str) -> Response:
        given = parameters(request, asof.NAMES)
        with asof.then(given, Balance, Hold) as moment:
            found = queries.account(request.principal, code, moment)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        body = serializers.account(found, moment.position)
        headers = {"ETag": f'"{found.version}"'}
        return answer(request, body, moment.position, fixed=moment.fixed, **headers)


class Balances(APIView):
    """All balances one may see, at one position. Later pages are as of the first one's."""

    operation = listed(
        "list_balances", "balances", serializers.BALANCE, PREFIX, *asof.PARAMETERS, etag=True
    )

    def get(self, request: Request) -> Response:
        asked = _page(request, "prefix")
        with asof.then(asked, Balance, Hold) as moment:
            rows = _rows(request, asked, moment)
        # Holds that are over on the first page are over on all, and no others are.
        clock = moment.clock if moment.fixed or not rows else rows[0].read_at
        body = asked.answer(
            "balances",
            rows,
            moment.position,
            show=serializers.balance,
            key=lambda row: row.account,
            pinned=moment.position,
            clock=clock,
        )
        return answer(request, body, moment.position, fixed=moment.fixed)


class Entries(APIView):
    """An account's entries, each with the balance after it."""

    operation = listed("list_entries", "entries", serializers.ENTRY, *asof.PARAMETERS, etag=True)

    def get(self, request: Request, code: str) -> Response:
        asked = _page(request)
        with asof.then(asked, Balance, Entry, Hold, Transfer) as moment:
            found = queries.account(request.principal, code, moment)  # type: ignore[attr-defined]
            if found is None:
                raise NotFound
            lines = queries.entries(
                found,
                after=asked.after(0),
                limit=asked.limit + 1,
                descending=asked.descending,
                moment=moment,
            )
        body = asked.answer(
            "entries",
            lines,
            moment.position,
            show=serializers.entry,
            key=lambda line: line.position,
            pinned=moment.pinned,
        )
        return answer(request, body, moment.position, fixed=moment.fixed)


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
        *asof.PARAMETERS,
        etag=True,
    )

    def get(self, request: Request) -> Response:
        asked = _page(request, "reference", "amount", "account", "since", "until")
        amount = asked.query.get("amount")
        if amount is not None and not AMOUNT.fullmatch(amount):
            raise BadRequest([("amount", "This must be an amount in minor units, 1 to 38 digits.")])
        with asof.then(asked, Balance, Entry, Hold, Transfer) as moment:
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
                moment=moment,
            )
        body = asked.answer(
            "transfers",
            rows,
            moment.position,
            show=serializers.transfer,
            key=lambda row: row.position,
            pinned=moment.pinned,
        )
        return answer(request, body, moment.position, fixed=moment.fixed)


class OneTransfer(APIView):
    """One transfer."""

    operation = Operation(
        id="get_transfer", shows=serializers.TRANSFER, parameters=asof.PARAMETERS, headers=("ETag",)
    )

    def get(self, request: Request, id: UUID) -> Response:
        given = parameters(request, asof.NAMES)
        with asof.then(given, Balance, Entry, Hold, Transfer) as moment:
            found = queries.transfer(request.principal, id, moment)  # type: ignore[attr-defined]
        if found is None:
            raise NotFound
        body = serializers.transfer(found)
        return answer(request, body, moment.position, fixed=moment.fixed)
