"""Requests in a row that seldom come together by chance."""

from collections.abc import Callable, Mapping

from tests.examples.model.books import Books, Who
from tests.examples.model.imagined import WHY, Pick
from tests.examples.model.ledger import Asked

Story = Callable[[Books, Mapping[str, Who], Pick], list[Asked]]

TOO_MUCH = 10**38
"""What no amount can be."""


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
    """An account is frozen, then somebody wants it swept all the same, and it is freed again.

    Nothing, where none is left that another could be swept to.
    """
    there = [account for account in books.accounts.values() if not account.closed]
    pairs = [
        (account.code, to.code)
        for account in there
        for to in there
        if to is not account and to.currency == account.currency
    ]
    if not pairs:
        return []
    code, to = pick(pairs)
    said = [
        ("freeze_account", {"account": code, "scope": "all", **WHY}),
        ("set_sweep", {"account": code, "above": 100, "to": to}),
        ("unfreeze_account", {"account": code, **WHY}),
    ]
    return [Asked(people["sam"], command, about) for command, about in said]


STORIES: tuple[Story, ...] = (closed_meanwhile, frozen_meanwhile)
