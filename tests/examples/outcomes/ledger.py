"""Every outcome of the ledger's commands."""

from datetime import date
from typing import Any
from uuid import UUID

from commands.ledger.messages import (
    CloseAccount,
    CloseBooks,
    FreezeAccount,
    PlaceHold,
    ReleaseHold,
    ReverseTransfer,
)
from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import open_account, pay
from tests.examples.outcomes import Case
from tests.examples.people import ANN, BOB, CLEO, EVE, FLO, SAM, VIC

NOBODY = "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"
PAY = {"from": "ann", "to": "bob", "amount": 30}
OPEN = {"code": "new", "name": "New", "currency": "EUR"}
WHY = {"reason": "Asked for"}
LAST = {"final": "yes"}
HOLD = {"account": "ann", "hold": "00000000-0000-0000-0000-00000000401d"}
ANNA = {"account": "ann", "name": "Anna"}


FIRM, OPEN_END, ENDED, PLAIN = (UUID(int=0x401D + number) for number in range(4))
"""Holds on Ann's account: for Bob, for nobody yet, and one that was released; one on another."""
USUAL, UNDONE, UNDOING, FROM_GONE, FROM_ICE, SPENT = (
    UUID(int=0x9057 + number) for number in range(6)
)
"""Transfers: one that can be reversed, one that was and its reversal, and three that cannot be."""


def world() -> None:
    """Ann has 1.00 EUR, Bob nothing; a shop keeps dollars, another its cash.

    One account is frozen, one is closed, and one has all the holds it may have.
    """
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)
    for code in ("ice", "gone", "full", "payer"):
        rich(code, 5)
    ask(open_account("shop", currency="USD"))
    ask(open_account("cash", normal_balance="debit"))
    for person in (SAM, VIC, EVE, FLO, CLEO):
        user(person)
    ask(pay("world", "ann", 7, transfer=USUAL, effective_on=date(2020, 2, 1)))
    ask(pay("ann", "world", 7))
    ask(pay("world", "payer", 2, transfer=UNDONE))
    ask(ReverseTransfer(transfer=UNDONE, reason="Twice", reversal=UNDOING))
    ask(pay("payer", "gone", 1, transfer=FROM_GONE))
    ask(pay("payer", "ice", 1, transfer=FROM_ICE))
    ask(pay("world", "bob", 3, transfer=SPENT))
    ask(pay("bob", "world", 3))
    for hold, account, payee in (
        (FIRM, "ann", "bob"), (OPEN_END, "ann", None), (UUID(int=1), "full", None),
        (UUID(int=2), "full", None), (UUID(int=3), "full", None), (PLAIN, "payer", "bob"),
    ):  # fmt: skip
        ask(PlaceHold(account=account, amount=1, hold=hold, payee=payee))
    ask(PlaceHold(account="payer", amount=1, hold=ENDED, payee="bob"))
    ask(ReleaseHold(account="payer", hold=ENDED))
    ask(pay("gone", "world", 6))
    ask(CloseAccount(account="gone", reason="Left"))
    ask(FreezeAccount(account="ice", scope="all", reason="Stolen"))
    ask(CloseBooks(through=date(2020, 1, 31), reason="Done"), by=CLEO)


def _legs(*legs: tuple[str, str, int]) -> dict[str, Any]:
    names = ("account", "direction", "amount")
    return {"legs": [dict(zip(names, leg, strict=True)) for leg in legs]}


def about_accounts(body: dict[str, Any], form: dict[str, str] | None = None) -> list[Case]:
    """What may be wrong with every command that is about one account."""
    return [
        Case({"account": "nobody", **body}, 404, "account-not-found"),
        Case({"account": "ann", **body}, 403, "forbidden", by=VIC),
        Case({"account": "gone", **body}, 422, "account-closed", form=form),
        Case({"account": "ann", **body}, 412, "stale-version", expected={"account-ann": 1}),
    ]


def _captured_for(payee: str) -> dict[str, str]:
    return {"account": "ann", "hold": str(OPEN_END), "payee": payee}


def _undo(transfer: UUID) -> dict[str, Any]:
    return {"transfer": str(transfer), **WHY}


CASES: dict[str, list[Case]] = {
    "open_account": [
        Case(OPEN, 201, form=OPEN),
        Case(
            {**OPEN, "normal_balance": "debit", "overdraft_limit": "500", "owner": str(BOB.id)},
            201,
            form={**OPEN, "normal_balance": "debit", "overdraft_limit": "5", "owner": "bob"},
        ),
        Case({**OPEN, "code": "ann"}, 422, "account-exists", form={**OPEN, "code": "ann"}),
        Case(OPEN, 403, "forbidden", by=ANN),
        Case({**OPEN, "owner": NOBODY}, 404, "user-not-found", form={**OPEN, "owner": NOBODY}),
    ],
    "change_account_details": [
        Case({**ANNA, "metadata": {"k": "ü"}}, 200),
        Case(
            {**ANNA, "metadata": {"k": "ü"}, "owner": None},
            200,
            form={"name": "Anna", "metadata": "k: ü", "owner": "", "version": "6"},
        ),
        Case({"account": "ann", "name": "Ann"}, 200),
        Case({**ANNA, "account": "nobody"}, 404, "account-not-found"),
        Case(ANNA, 403, "forbidden", by=VIC),
        Case({**ANNA, "account": "gone"}, 422, "account-closed"),
        Case({**ANNA, "owner": NOBODY}, 404, "user-not-found"),
        Case(ANNA, 412, "stale-version", expected={"account-ann": 1}),
        Case(
            {**ANNA, "metadata": {}, "owner": str(ANN.id)},
            412,
            "stale-version",
            expected={"account-ann": 1},
            form={"name": "Anna", "metadata": "", "owner": "ann", "version": "1"},
        ),
    ],
    "change_overdraft_limit": [
        Case({"account": "ann", "overdraft_limit": "500", **WHY}, 200,
             form={"overdraft_limit": "5.00", **WHY}),
        Case({"account": "ann", "overdraft_limit": None, **WHY}, 200,
             form={"overdraft_limit": "5.00", "unlimited": "yes", **WHY}),
        Case({"account": "ann", "overdraft_limit": 0, **WHY}, 200,
             form={"overdraft_limit": "0", **WHY}),
        *about_accounts({"overdraft_limit": 5, **WHY}, {"overdraft_limit": "0.05", **WHY}),
    ],
    "freeze_account": [
        Case({"account": "ann", "scope": "debits", **WHY}, 200, form={"scope": "debits", **WHY}),
        Case({"account": "ice", "scope": "credits", **WHY}, 200, form={"scope": "credits", **WHY}),
        Case({"account": "ice", "scope": "all", **WHY}, 422, "already-frozen",
             form={"scope": "all", **WHY}),
        *about_accounts({"scope": "all", **WHY}, {"scope": "all", **WHY}),
    ],
    "unfreeze_account": [
        Case({"account": "ice", **WHY}, 200, form=WHY),
        Case({"account": "ann", **WHY}, 422, "not-frozen", form=WHY),
        *about_accounts(WHY, WHY),
    ],
    "close_account": [
        Case({"account": "shop", **WHY}, 200, form=WHY),
        Case({"account": "ann", **WHY}, 422, "not-empty", form=WHY),
        *about_accounts(WHY, WHY),
    ],
    "reopen_account": [
        Case({"account": "gone", **WHY}, 200, form=WHY),
        *(case for case in about_accounts(WHY) if case.code != "account-closed"),
        Case({"account": "ann", **WHY}, 422, "not-closed", form=WHY),
    ],
    "place_hold": [
        Case({"account": "ann", "amount": 10, "expires_in": 60, "payee": "bob"}, 201, by=ANN,
             form={"amount": "0.10", "expires_in": "60", "payee": "bob"}),
        Case({"account": "ann", "amount": "10", "expires_in": 172_800}, 201,
             form={"amount": "0.10", "expires_in": "60", "days": "2"}),
        Case({"account": "ann", "amount": "10", "reference": "table-4"}, 201,
             form={"amount": "0.10", "expires_in": "", "reference": "table-4"}),
        *about_accounts({"amount": 1}, {"amount": "0.01"}),
        Case({"account": "ann", "amount": 1, "payee": "ann"}, 422, "same-account",
             form={"amount": "0.01", "payee": "ann"}),
        Case({"account": "cash", "amount": 1}, 422, "hold-not-possible",
             form={"amount": "0.01"}),
        Case({"account": "ice", "amount": 1}, 422, "account-frozen", form={"amount": "0.01"}),
        Case({"account": "ann", "amount": 1, "payee": "no"}, 422, "payee-unavailable", by=ANN,
             form={"amount": "0.01", "payee": "no"}),
        Case({"account": "ann", "amount": 1, "payee": "shop"}, 422, "currency-mismatch",
             form={"amount": "0.01", "payee": "shop"}),
        Case({"account": "full", "amount": 1}, 422, "too-many-holds", form={"amount": "0.01"}),
        Case({"account": "payer", "amount": 10**37}, 422, "insufficient-funds",
             form={"amount": f"{10**35}"}),
    ],
    "capture_hold": [
        Case({**HOLD, "amount": "1"}, 201, form={"amount": "0.01", "final": "yes"}),
        Case({**HOLD, "payee": "bob", "final": False}, 201, by=BOB, form={"payee": "bob"}),
        Case({**HOLD, "account": "nobody"}, 404, "account-not-found", by=EVE),
        Case({**HOLD, "hold": NOBODY}, 404, "hold-not-found"),
        Case(HOLD, 403, "forbidden", by=ANN),
        Case({"account": "payer", "hold": str(ENDED)}, 422, "hold-not-open", form=LAST),
        Case({"account": "ann", "hold": str(OPEN_END)}, 400, "payee-missing", form=LAST),
        Case({**HOLD, "payee": "world"}, 422, "payee-mismatch", form={**LAST, "payee": "world"}),
        Case(_captured_for("ann"), 422, "same-account", form={**LAST, "payee": "ann"}),
        Case(_captured_for("shop"), 422, "currency-mismatch", form={**LAST, "payee": "shop"}),
        Case(_captured_for("gone"), 422, "account-closed", form={**LAST, "payee": "gone"}),
        Case(_captured_for("ice"), 422, "account-frozen", form={**LAST, "payee": "ice"}),
        Case(_captured_for("cash"), 422, "insufficient-funds", form={**LAST, "payee": "cash"}),
        Case({**HOLD, "amount": 2}, 422, "exceeds-hold", form={**LAST, "amount": "0.02"}),
        Case(HOLD, 412, "stale-version", expected={"account-ann": 1}),
    ],
    "release_hold": [
        Case(HOLD, 200, form={"reason": ""}),
        Case({**HOLD, "reason": "No show"}, 200, by=BOB, form={"reason": "No show"}),
        Case({**HOLD, "account": "nobody"}, 404, "account-not-found", by=EVE),
        Case({**HOLD, "hold": NOBODY}, 404, "hold-not-found"),
        Case(HOLD, 403, "forbidden", by=ANN),
        Case({"account": "payer", "hold": str(ENDED)}, 422, "hold-not-open", form={"reason": ""}),
        Case(HOLD, 412, "stale-version", expected={"account-ann": 1}),
    ],
    "close_books": [
        Case({"through": "2020-02-29", **WHY}, 200, by=CLEO, form={"through": "2020-02-29", **WHY}),
        Case({"through": "2019-12-31", **WHY}, 200, by=CLEO, form={"through": "2019-12-31", **WHY}),
        Case({"through": "2020-02-29", **WHY}, 403, "forbidden"),
        Case({"through": "9999-12-31", **WHY}, 422, "bad-closing-date", by=CLEO,
             form={"through": "9999-12-31", **WHY}),
    ],
    "reverse_transfer": [
        Case({**_undo(USUAL), "effective_on": "2020-02-01"}, 201,
             form={**WHY, "effective_on": "2020-02-01"}),
        Case({**_undo(SPENT), "force": True}, 201, by=FLO, form={**WHY, "force": "yes"}),
        Case(_undo(UUID(NOBODY)), 404, "transfer-not-found"),
        Case(_undo(USUAL), 404, "transfer-not-found", by=EVE),
        Case(_undo(USUAL), 403, "forbidden", by=ANN),
        Case({**_undo(SPENT), "force": True}, 403, "forbidden", form={**WHY, "force": "yes"}),
        Case(_undo(UNDOING), 422, "not-reversible", form=WHY),
        Case(_undo(UNDONE), 422, "already-reversed", form=WHY),
        Case(_undo(FROM_GONE), 422, "account-closed", form=WHY),
        Case(_undo(FROM_ICE), 422, "account-frozen", form=WHY),
        Case({**_undo(SPENT), "effective_on": "2020-02-01"}, 422, "date-in-past",
             form={**WHY, "effective_on": "2020-02-01"}),
        Case({**_undo(USUAL), "effective_on": "9999-12-31"}, 422, "date-in-future",
             form={**WHY, "effective_on": "9999-12-31"}),
        Case({**_undo(USUAL), "effective_on": "2020-01-31"}, 422, "books-closed",
             form={**WHY, "effective_on": "2020-01-31"}),
        Case(_undo(SPENT), 422, "insufficient-funds", form=WHY),
    ],
    "post_transfer": [
        Case(PAY, 201, form={"from": "ann", "to": "bob", "amount": "0.30"}),
        Case(PAY, 201, by=ANN),
        Case(
            {**_legs(("world", "debit", 10**37), ("bob", "credit", 10**37)), "reference": "r"},
            201,
        ),
        Case({**PAY, "to": "ann"}, 422, "same-account",
             form={"from": "ann", "to": "ann", "amount": "0.30"}),
        Case(PAY, 403, "forbidden", by=VIC),
        Case({**PAY, "from": "nobody"}, 404, "account-not-found"),
        Case(_legs(("ann", "debit", 2), ("bob", "credit", 1)), 422, "not-balanced"),
        Case({**PAY, "to": "nobody"}, 422, "payee-unavailable", by=ANN,
             form={"from": "ann", "to": "nobody", "amount": "0.30"}),
        Case({**PAY, "to": "shop"}, 422, "currency-mismatch",
             form={"from": "ann", "to": "shop", "amount": "0.30"}),
        Case({**PAY, "effective_on": "9999-12-31"}, 422, "date-in-future",
             form={"from": "ann", "to": "bob", "amount": "0.30", "effective_on": "9999-12-31"}),
        Case({**PAY, "to": "gone"}, 422, "account-closed",
             form={"from": "ann", "to": "gone", "amount": "0.30"}),
        Case({**PAY, "to": "ice"}, 422, "account-frozen",
             form={"from": "ann", "to": "ice", "amount": "0.30"}),
        Case({**PAY, "effective_on": "2020-01-31"}, 422, "books-closed",
             form={"from": "ann", "to": "bob", "amount": "0.30", "effective_on": "2020-01-31"}),
        Case({**PAY, "amount": 101}, 422, "insufficient-funds",
             form={"from": "ann", "to": "bob", "amount": "1.01"}),
    ],
}  # fmt: skip

UNREACHABLE = {
    ("open_account", "currency-mismatch"),
    ("post_transfer", "reference-exists"),
    ("capture_hold", "books-closed"),
    ("capture_hold", "too-many-captures"),
}
"""What a rule refuses that no body can ask for, as long as no setting takes a currency away, lets
each reference be used once or moves the day, and nobody has captured a hold a hundred times."""
