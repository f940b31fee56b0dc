"""The rule about the book's periods."""

from commands.engine.decider import Changes, Context, States, decides
from commands.engine.errors import Forbidden
from commands.ledger import answers
from commands.ledger.messages import CloseBooks
from commands.ledger.refusals import BadClosingDate
from eventstore.events.ledger import BOOK, BooksClosed, BooksReopened


@decides(
    CloseBooks,
    "close_books",
    answer=answers.book,
    shows=("book",),
    refusals=(Forbidden, BadClosingDate),
)
def close_books(command: CloseBooks, states: States, context: Context) -> Changes:
    """A day is closed when it is over; a date before that of the last closing opens the rest."""
    if not context.principal.may("close") or context.principal.prefix:
        raise Forbidden  # The book is that of all accounts.
    closed = states[BOOK].closed_through
    if command.through >= context.today or command.through == closed:
        raise BadClosingDate(
            through=command.through.isoformat(),
            today=context.today.isoformat(),
            closed_through=closed and closed.isoformat(),
            pointer="/through",
        )
    reopens = closed is not None and command.through < closed
    changed = BooksReopened if reopens else BooksClosed
    return {BOOK: changed(through=command.through, reason=command.reason)}
