"""The ledger's rules, one function per command; what is imported here is registered."""

from commands.ledger.decider import accounts, books, entities, holds, orders, settings, transfers

__all__ = ["accounts", "books", "entities", "holds", "orders", "settings", "transfers"]
