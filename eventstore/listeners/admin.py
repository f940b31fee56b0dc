"""The window on listeners: how far each is, what stopped it, and what was done about it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from eventstore.listeners.listener import Listener, listeners
from eventstore.listeners.status import statuses
from eventstore.listeners.steering import intervene
from eventstore.listeners.steering_window import SteeringWindow
from eventstore.models import ListenerState


@admin.register(ListenerState)
class ListenerWindow(SteeringWindow):
    """Every listener of the code, with what the database knows of it."""

    possible = {
        "running": ("pause", "replay"),
        "paused": ("resume", "replay"),
        "stopped": ("retry", "skip", "pause", "replay"),
    }
    effects = {
        "retry": "The worker will hand {0} that event again.",
        "skip": "{0} will not be handed that event, now or in a replay. All others are.",
        "pause": "The worker will hand {0} nothing until it is resumed. Everything else goes on.",
        "resume": "The worker will go on with {0} where it was paused.",
        "replay": "The worker will hand {0} all events after a position again. What was done for an"
        " event already is not done twice; what `forget_requests` has deleted is told again.",
    }
    list_display = ("name", "kind", "state", "lag")
    fields = (
        *(*list_display, "position", "stopped_before", "error", "left_out"),
        *("interventions", "what_to_do"),
    )

    def read(self, rows: QuerySet[Any], limit: int) -> list[Any]:
        known = rows.in_bulk()
        return [known.get(each.name) or ListenerState(name=each.name) for each in listeners()]

    def prepare(self, rows: list[Any]) -> None:
        by_name = {each.name: each for each in listeners()}
        status = {each.name: each for each in statuses()}
        for row in rows:
            row.listener, row.status = by_name[row.name], status[row.name]

    def intervene(self, row: Any, action: str, **about: Any) -> None:
        listener: Listener = row.listener
        intervene(listener, action, **about)

    def kind(self, row: Any) -> str:
        return str(row.status.kind)
