"""The ledger's read tables."""

from django.apps import AppConfig


class Ledger(AppConfig):
    name = "projections.ledger"
    label = "ledger"
