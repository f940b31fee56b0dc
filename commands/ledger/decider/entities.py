"""What the ledger's rules decide on: accounts, transfers, references, orders and the book."""

from uuid import UUID

from commands.engine.decider import entity
from commands.ledger import order_state, state
from commands.ledger.instruction_messages import RunStandingOrder
from commands.ledger.messages import ExpireHolds
from eventstore import recurring, registry, values
from eventstore.events import ledger, orders
from eventstore.events.ledger import id_of

SOURCES = (state, ledger, registry, values)

entity(
    "account",
    initial=state.Account(),
    evolve=state.evolve_account,
    sources=SOURCES,
    due=lambda account, zone: account.due_at,
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
entity(
    "order",
    initial=order_state.StandingOrder(),
    evolve=order_state.evolve_order,
    sources=(order_state, orders, recurring, registry, values),
    due=order_state.StandingOrder.due_at,
    when_due=lambda stream: RunStandingOrder(order=UUID(id_of(stream))),
    first=False,  # Who cancels an order ends it there and then.
)
