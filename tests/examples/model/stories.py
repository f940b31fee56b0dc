"""Two requests in a row that seldom come together by chance."""

from collections.abc import Mapping

from tests.examples.model.books import Books, Who
from tests.examples.model.imagined import WHY, Pick
from tests.examples.model.ledger import Asked


def closed_meanwhile(books: Books, people: Mapping[str, Who], pick: Pick) -> list[Asked]:
    """An account is closed, and then somebody wants to pay it, or have it pay back.

    Nothing, where no account is empty for which a hold or a transfer waits.
    """
    empty = {
        account.code
        for account in books.accounts.values()
        if not (account.posted or account.held(books.now) or account.closed)
    }
    stories: list[tuple[str, str, dict[str, str]]] = []
    for account in books.accounts.values():
        for hold in account.holds.values():
            if hold.status(books.now) == "open" and hold.payee in empty:
                about = {"account": hold.account, "hold": hold.id}
                stories.append((hold.payee, "capture_hold", about))
    for id_, transfer in books.transfers.items():
        if not (transfer.told["reverses"] or transfer.told["reversed_by"]):
            named = sorted(empty.intersection(code for code, _, _ in transfer.legs))
            about = {"transfer": id_, **WHY}
            stories += [(code, "reverse_transfer", about) for code in named]
    if not stories:
        return []
    code, command, said = pick(stories)
    closing = Asked(people["sam"], "close_account", {"account": code, **WHY})
    return [closing, Asked(people["flo"], command, said)]
