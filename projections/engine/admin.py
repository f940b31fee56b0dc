"""The window on projections: how each is kept, how far it is, and what stopped it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventstore.listeners.status import Log
from eventstore.listeners.steering_window import SteeringWindow
from projections.engine.alone import under_way
from projections.engine.making import making
from projections.engine.models import ProjectionState
from projections.engine.operating import ask_for_rebuild, cancel_rebuild, intervene
from projections.engine.projector import Projection, projections
from projections.engine.status import statuses


@admin.register(ProjectionState)
class ProjectionWindow(SteeringWindow):
    """Every projection of the code, with what the database knows of it."""

    possible = {"running": ("pause",), "paused": ("resume",), "stopped": ("retry", "skip", "pause")}
    effects = {
        "retry": "The worker will try that event again with {0}.",
        "skip": "That event will be left out of {0}, also when that is made anew; no other table"
        " and no balance changes.",
        "pause": "The worker will leave {0} as it is until it is resumed. Everything else goes on.",
        "resume": "The worker will go on with {0} where it was paused.",
        "rebuild": "The worker will make the table of {0} anew from all events, beside the live"
        " one, which is read and written meanwhile; then the new one takes its place. One that is"
        " stopped on the way goes on from there.",
        "cancel": "The table of {0} stays as it is: no worker will make it anew until somebody asks"
        " for it again.",
    }
    labels = {"cancel": "Do not rebuild"}
    list_display = ("name", "state", "lag", "kept", "built_by", "generation")
    fields = (
        *(*list_display, "position", "stopped_before", "error", "left_out"),
        *("made_anew", "interventions", "what_to_do"),
    )

    def read(self, rows: QuerySet[Any], limit: int) -> list[Any]:
        known = rows.in_bulk()
        return [known.get(each.name) or _unknown(each) for each in projections()]

    def prepare(self, rows: list[Any]) -> None:
        by_name = {each.name: each for each in projections()}
        log, made = Log.as_it_is(), under_way(by_name)
        status = {each.name: each for each in statuses(log)}
        for row in rows:
            row.projection, row.status = by_name[row.name], status[row.name]
            row.making = making(
                row, log.head, is_under_way=row.name in made, code=row.projection.fingerprint
            )

    def intervene(self, row: Any, action: str, **about: Any) -> None:
        match action:
            case "rebuild":
                ask_for_rebuild(row.projection, by=about["by"], reason=about["reason"])
            case "cancel":
                cancel_rebuild(row.projection, by=about["by"], reason=about["reason"])
            case _:
                intervene(row.projection, action, **about)

    def told(self, row: Any, action: str) -> str:
        if action == "rebuild":
            return f"The worker makes {row.name} anew. Reload this page to see how far it is."
        if action == "cancel":
            return f"{row.name} is not made anew."
        return super().told(row, action)

    def tools(self, row: Any) -> tuple[str, ...]:
        if row.making.is_under_way:
            rebuild: tuple[str, ...] = ()
        else:
            rebuild = ("cancel" if row.making.wanted_at else "rebuild",)
        if row.projection.immediate:
            return rebuild
        skip = ("skip",) if _refused(row) else ()  # The next rebuild is what tries it again.
        return (*super().tools(row), *skip, *rebuild)

    def held(self, row: Any) -> tuple[int | None, str]:
        return (row.refused_at, row.refusal) if _refused(row) else super().held(row)

    def kept(self, row: Any) -> str:
        return "with the events" if row.projection.immediate else "by the worker"

    @admin.display(description="built by version")
    def built_by(self, row: Any) -> str:
        return f"{row.version}; the code is {row.projection.version}"

    @admin.display(description="made anew")
    def made_anew(self, row: Any) -> SafeString | str:
        said = row.making.told
        if row.making.is_under_way:
            return format_html(
                '<progress max="{}" value="{}" aria-label="Made anew"></progress> {}',
                *(row.making.total, row.making.done, said),
            )
        refused = f"The last try made nothing. {row.making.unmade}" if row.making.unmade else ""
        return said or refused or "—"

    def what_to_do(self, row: Any) -> SafeString | str:
        state = row.status.state
        if _refused(row):
            return format_html(
                "Mend what is wrong, or skip the event; then rebuild it, here or by"
                " <code>manage.py rebuild_projections {}</code>",
                row.name,
            )
        # No worker can be told to retry what is kept with the events.
        if state == "outdated" or (state == "stopped" and row.projection.immediate):
            return format_html(
                "Rebuild it, here or by <code>manage.py rebuild_projections {}</code>", row.name
            )
        return super().what_to_do(row)


def _refused(row: Any) -> bool:
    """Whether it is the next table that is stopped, and not the live one."""
    return row.refused_at is not None and row.status.stopped_before is None


def _unknown(of: Projection) -> ProjectionState:
    """What stands for the row of a projection that was never rebuilt and never stopped."""
    return ProjectionState(name=of.name, version=of.version)
