"""The help desk's read tables."""

from django.apps import AppConfig


class Tickets(AppConfig):
    name = "projections.tickets"
    label = "tickets"
