"""The window on projections: how each is kept, how far it is, and what stopped it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventstore.cells import event_link
from eventstore.store import checkpoint, latest_position
from eventstore.window import Window
from projections.engine.models import ProjectionState
from projections.engine.projector import Projection, projections
from projections.engine.reading import consumer


@admin.register(ProjectionState)
class ProjectionWindow(Window):
    """Every projection of the code, with what the database knows of it."""

    key, descending = "name", False
    list_display = ("name", "state", "lag", "kept", "built_by", "generation")
    fields = (*list_display, "position", "stopped_before", "error", "what_to_do")

    def read(self, rows: QuerySet[Any], limit: int) -> list[Any]:
        known = rows.in_bulk()
        return [known.get(each.name) or _unknown(each) for each in projections()]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = [each for each in self.read(self.get_queryset(request), 0) if each.pk == object_id]
        self.prepare(found)
        return found[0] if found else None

    def prepare(self, rows: list[Any]) -> None:
        head, by_name = latest_position(), {each.name: each for each in projections()}
        for row in rows:
            row.projection = of = by_name[row.name]
            row.position = head if of.immediate else checkpoint(consumer(row.name)) or 0
            row.behind = head - row.position

    def state(self, row: Any) -> str:
        if row.stopped_at is not None:
            return "stopped"
        if row.version != row.projection.version:
            return "built by other code"
        return "following" if row.behind else "as far as the log"

    def lag(self, row: Any) -> str:
        return f"{row.behind} events"

    def kept(self, row: Any) -> str:
        return "with the events" if row.projection.immediate else "by the worker"

    @admin.display(description="built by version")
    def built_by(self, row: Any) -> str:
        return f"{row.version}; the code is {row.projection.version}"

    def position(self, row: Any) -> int:
        return int(row.position)

    @admin.display(description="stopped before")
    def stopped_before(self, row: Any) -> SafeString | str:
        return "—" if row.stopped_at is None else event_link(row.stopped_at)

    def what_to_do(self, row: Any) -> SafeString | str:
        if self.state(row) in ("stopped", "built by other code"):
            return format_html("<code>manage.py rebuild_projections {}</code>", row.name)
        return "Nothing."


def _unknown(of: Projection) -> ProjectionState:
    """What stands for the row of a projection that was never rebuilt and never stopped."""
    return ProjectionState(name=of.name, version=of.version)
