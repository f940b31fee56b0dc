"""Requests in a row that seldom come together by chance."""

from collections.abc import Callable, Mapping

from tests.examples.model.books import Books, Who
from tests.examples.model.imagined import WHY, Pick, Said
from tests.examples.model.ledger import Asked

Story = Callable[[Books, Mapping[str, Who], Pick], list[Asked]]

TOO_MUCH = 10**38
"""What no amount can be."""
OFTEN = 3
"""One more than the tests allow an account to hold at once."""


def closed_meanwhile(books: Books, people: Mapping[str, Who], pick: Pick) -> list[Asked]:
    """An account is emptied and closed, and then somebody wants to pay it, or have it pay back.

    Nothing, where there is no account for which a hold or a transfer waits.
    """
    idle = {
        account.code
        for account in books.accounts.values()
        if not (account.held(books.now) or account.closed) and 0 <= account.posted < TOO_MUCH
    }
    stories: list[tuple[str, str, dict[str, str]]] = []
    for account in books.accounts.values():
        for hold in account.holds.values():
            if hold.status(books.now) == "open" and hold.payee in idle:
                about = {"account": hold.account, "hold": hold.id}
                stories.append((hold.payee, "capture_hold", about))
    for id_, transfer in books.transfers.items():
        if not (transfer.told["reverses"] or transfer.told["reversed_by"]):
            named = sorted(idle.intersection(code for code, _, _ in transfer.legs))
            about = {"transfer": id_, **WHY}
            stories += [(code, "reverse_transfer", about) for code in named]
    if not stories:
        return []
    code, command, said = pick(stories)
    left = books.accounts[code].posted
    emptying = {"from": code, "to": "world", "amount": left}
    closing = Asked(people["sam"], "close_account", {"account": code, **WHY})
    emptied = [Asked(people["sam"], "post_transfer", emptying)] if left else []
    return [*emptied, closing, Asked(people["flo"], command, said)]


def frozen_meanwhile(books: Books, people: Mapping[str, Who], pick: Pick) -> list[Asked]:
    """An account is frozen, then somebody wants of it what it may not give, and it is freed again.

    Nothing, where there is no other that could be given something.
    """
    wishes = _wishes(books)
    if not wishes:
        return []
    command = pick(sorted(wishes))
    code, said = pick(wishes[command])
    asked = [
        ("freeze_account", {"account": code, "scope": "all", **WHY}),
        (command, said),
        ("unfreeze_account", {"account": code, **WHY}),
    ]
    return [Asked(people["sam"], command, about) for command, about in asked]


def _wishes(books: Books) -> dict[str, list[tuple[str, Said]]]:
    """What could be wanted of accounts, by command."""
    found: dict[str, list[tuple[str, Said]]] = {}
    there = [account for account in books.accounts.values() if not account.closed]
    for account in there:
        code = account.code
        for to in there:
            if to is not account and to.currency == account.currency:
                sweep = {"account": code, "above": 100, "to": to.code}
                order = {"from": code, "to": to.code, "amount": 1, "every": "day"}
                order["first_on"] = str(books.today)
                found.setdefault("set_sweep", []).append((code, sweep))
                found.setdefault("place_standing_order", []).append((code, order))
        for hold in account.holds.values():
            if hold.status(books.now) == "open":
                capture = {"account": code, "hold": hold.id, "payee": "world"}
                found.setdefault("capture_hold", []).append((code, capture))
    return found


def held_again_and_again(books: Books, people: Mapping[str, Who], pick: Pick) -> list[Asked]:
    """More is held on an account, and then once more than may be."""
    of_this_much = [
        account.code
        for account in books.accounts.values()
        if (left := account.available(books.now)) is None or left >= OFTEN
    ]
    if not of_this_much:
        return []
    hold = {"account": pick(of_this_much), "amount": 1}
    return [Asked(people["sam"], "place_hold", hold)] * OFTEN


STORIES: tuple[Story, ...] = (closed_meanwhile, frozen_meanwhile, held_again_and_again)
