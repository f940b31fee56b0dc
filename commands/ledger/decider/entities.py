"""What the ledger's rules decide on: accounts, transfers, references and the book."""

from commands.engine.decider import entity
from commands.ledger import state
from commands.ledger.messages import ExpireHolds
from eventstore import registry, values
from eventstore.events import ledger
from eventstore.events.ledger import id_of

SOURCES = (state, ledger, registry, values)

entity(
    "account",
    initial=state.Account(),
    evolve=state.evolve_account,
    sources=SOURCES,
    due=lambda account: account.due_at,
    when_due=lambda stream: ExpireHolds(account=id_of(stream)),
)
entity(
    "transfer",
    initial=state.Transfer(),
    evolve=state.evolve_transfer,
    sources=SOURCES,
    cached=False,
)
entity(
    "reference",
    initial=state.Reference(),
    evolve=state.evolve_reference,
    sources=SOURCES,
    cached=False,
)
entity("book", initial=state.Book(), evolve=state.evolve_book, sources=SOURCES)
