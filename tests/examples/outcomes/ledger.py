"""Every outcome of the ledger's commands."""

from typing import Any

from tests.examples.asking import ask, rich
from tests.examples.factories import user
from tests.examples.ledger import open_account
from tests.examples.outcomes import Case
from tests.examples.people import ANN, BOB, SAM, VIC

NOBODY = "0199a0c4-7d5e-7c3b-9a51-3f4b8f1d2c60"
PAY = {"from": "ann", "to": "bob", "amount": 30}
OPEN = {"code": "new", "name": "New", "currency": "EUR"}
ANNA = {"account": "ann", "name": "Anna"}


def world() -> None:
    """Ann has 1.00 EUR, Bob nothing; a shop keeps dollars."""
    rich("ann", 100, owner=ANN)
    rich("bob", 0, owner=BOB)
    ask(open_account("shop", currency="USD"))
    for person in (SAM, VIC):
        user(person)


def _legs(*legs: tuple[str, str, int]) -> dict[str, Any]:
    names = ("account", "direction", "amount")
    return {"legs": [dict(zip(names, leg, strict=True)) for leg in legs]}


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
            form={"name": "Anna", "metadata": "k: ü", "owner": "", "version": "2"},
        ),
        Case({"account": "ann", "name": "Ann"}, 200),
        Case({**ANNA, "account": "nobody"}, 404, "account-not-found"),
        Case(ANNA, 403, "forbidden", by=VIC),
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
        Case({**PAY, "amount": 101}, 422, "insufficient-funds",
             form={"from": "ann", "to": "bob", "amount": "1.01"}),
    ],
}  # fmt: skip

UNREACHABLE = {("open_account", "currency-mismatch"), ("post_transfer", "reference-exists")}
"""What a rule refuses that no body can ask for, as long as no setting takes a currency away or
lets each reference be used once."""
