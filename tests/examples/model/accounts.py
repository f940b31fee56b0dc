"""The model's rules about accounts themselves, and about the book's periods."""

from datetime import date
from typing import Any

from tests.examples.model.books import Books, Who
from tests.examples.model.entities import Account, No

Said = dict[str, Any]


def open_account(books: Books, who: Who, said: Said) -> Said:
    code, owner = said["code"], said.get("owner")
    side, limit = said.get("normal_balance", "credit"), amount(said.get("overdraft_limit", 0))
    if not who.may("operate"):
        plain = side == "credit" and limit == 0 and owner in (None, who.id)
        if not (books.self_service and plain):
            raise No("forbidden", 403)
        owner = who.id
    if code in books.accounts:
        raise No("account-exists", pointer="/code", account=code)
    if owner is not None and owner not in books.users:
        raise No("user-not-found", 404, "/owner", user=owner)
    books.record(f"account-{code}", "account_opened")
    books.accounts[code] = Account(
        code, said["name"], said["currency"], side, limit, owner, said.get("metadata", {})
    )
    return {"account": books.show(code)}


def change_account_details(books: Books, who: Who, said: Said) -> Said:
    code = said["account"]
    account = books.seen(who, code)
    new = {name: said.get(name, getattr(account, name)) for name in ("name", "metadata", "owner")}
    another_owner = new["owner"] != account.owner
    if not who.may("operate") and (account.owner != who.id or another_owner):
        raise No("forbidden", 403)
    if account.closed:
        raise No("account-closed", account=code)
    if another_owner and new["owner"] is not None and new["owner"] not in books.users:
        raise No("user-not-found", 404, "/owner", user=new["owner"])
    if new != {"name": account.name, "metadata": account.metadata, "owner": account.owner}:
        books.record(f"account-{code}", "account_details_changed")
        account.name, account.metadata, account.owner = new.values()
        # What another wanted to be moved is moved no more.
        account.sweep = None if another_owner else account.sweep
    return {"account": books.show(code)}


def change_overdraft_limit(books: Books, who: Who, said: Said) -> Said:
    account = _operated(books, who, said)
    limit = amount(said["overdraft_limit"])
    if limit != account.limit:
        books.record(f"account-{account.code}", "overdraft_limit_changed")
        account.limit = limit
    return {"account": books.show(account.code)}


def freeze_account(books: Books, who: Who, said: Said) -> Said:
    account = _operated(books, who, said)
    if account.frozen == said["scope"]:
        raise No("already-frozen", account=account.code, scope=account.frozen)
    books.record(f"account-{account.code}", "account_frozen")
    account.frozen = said["scope"]
    return {"account": books.show(account.code)}


def unfreeze_account(books: Books, who: Who, said: Said) -> Said:
    account = _operated(books, who, said)
    if account.frozen is None:
        raise No("not-frozen", account=account.code)
    books.record(f"account-{account.code}", "account_unfrozen")
    account.frozen = None
    return {"account": books.show(account.code)}


def close_account(books: Books, who: Who, said: Said) -> Said:
    account = _operated(books, who, said)
    if account.posted != 0 or any(h.status(books.now) == "open" for h in account.holds.values()):
        raise No(
            "not-empty",
            account=account.code,
            currency=account.currency,
            posted=str(account.posted),
            held=str(account.held(books.now)),
        )
    books.record(f"account-{account.code}", "account_closed")
    account.closed = True
    return {"account": books.show(account.code)}


def reopen_account(books: Books, who: Who, said: Said) -> Said:
    account = books.seen(who, said["account"])
    if not who.may("operate"):
        raise No("forbidden", 403)
    if not account.closed:
        raise No("not-closed", account=account.code)
    books.record(f"account-{account.code}", "account_reopened")
    account.closed = False
    return {"account": books.show(account.code)}


def close_books(books: Books, who: Who, said: Said) -> Said:
    if not who.may("close"):
        raise No("forbidden", 403)
    through, closed = date.fromisoformat(said["through"]), books.closed_through
    if through >= books.today or through == closed:
        raise No(
            "bad-closing-date",
            pointer="/through",
            through=said["through"],
            today=str(books.today),
            closed_through=None if closed is None else str(closed),
        )
    books.record("book-main", "books_reopened" if closed and through < closed else "books_closed")
    books.closed_through = through
    return {"book": show_book(books)}


def show_book(books: Books) -> Said:
    return {
        "closed_through": None if books.closed_through is None else str(books.closed_through),
        "time_zone": books.zone,
        "version": books.versions.get("book-main", 0),
        "position": books.position,
    }


def amount(said: int | str | None) -> int | None:
    """An amount as it is asked for: a number or a string of digits; None is unlimited."""
    return None if said is None else int(said)


def _operated(books: Books, who: Who, said: Said) -> Account:
    account = books.seen(who, said["account"])
    if not who.may("operate"):
        raise No("forbidden", 403)
    if account.closed:
        raise No("account-closed", account=account.code)
    return account
