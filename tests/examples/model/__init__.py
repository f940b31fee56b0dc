"""The ledger a second time: what must come of any request, in plain Python and from the contract.

It imports nothing of the product, so that the two cannot be wrong for one reason.
"""

from tests.examples.model.books import NAMELESS, Books, Who
from tests.examples.model.ledger import RULES, Answer, Asked, Ledger, unplaced

__all__ = ["NAMELESS", "RULES", "Answer", "Asked", "Books", "Ledger", "Who", "unplaced"]
