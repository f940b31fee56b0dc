"""Read-only windows of the admin: rows by key and by day, nothing counted and nothing changed."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventstore.periods import Period, period
from eventstore.records import timestamp

AFTER, WHEN = "after", "when"


class Rows(ChangeList):
    """A page of rows after a key; `when` bounds it to a year, a month or a day."""

    model_admin: "Window"

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, WHEN)}

    def get_results(self, request: HttpRequest) -> None:
        """Read `list_per_page` rows and one more; the title's counts stay unknown."""
        window = self.model_admin
        found = self.queryset.order_by(window.order)
        try:
            self.period = period(self.params.get(WHEN, ""))
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        if self.period:
            found = window.during(found, *self.period.bounds)
        self.periods = _choices(self, window) if window.has_times else []
        self.after = self.params.get(AFTER, "")
        if self.after:
            found = found.filter(**{window.beyond: window.key_of(self.after)})
        rows = window.read(found, self.list_per_page + 1)
        more = len(rows) > self.list_per_page
        self.result_list = rows[: self.list_per_page]
        window.prepare(self.result_list)
        last = getattr(self.result_list[-1], window.key) if more else None
        self.following = self.get_query_string({AFTER: last}) if more else ""
        self.first = self.get_query_string(remove=[AFTER])
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.result_list, self.list_per_page)


class OneOf(admin.SimpleListFilter):
    """A filter whose choices the code knows: no row is read to list them."""

    parameter_name: str

    def choices_(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(choice, choice) for choice in self.choices_()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


def one_of(name: str, choices: Callable[[], Iterable[str]]) -> type[OneOf]:
    """A filter on a column by one of these values."""
    told = {"title": name, "parameter_name": name, "choices_": lambda self: choices()}
    return type(f"{name.capitalize()}Filter", (OneOf,), told)


class Window(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that are looked at by whoever may view the ledger; corrections are commands.

    `key` is the unique, indexed column that rows are read by, `descending` the order. Where rows
    have times, `during` bounds them by the key too.
    """

    key = "position"
    descending = True
    has_times = False
    change_list_template = "admin/window.html"
    change_form_template = "admin/window_row.html"
    list_per_page = 100
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = None

    # --- rights ------------------------------------------------------------------------------

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        principal = getattr(request, "principal", None)
        return bool(principal and principal.may("view"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Filters are those that are offered: any other would read the whole table."""
        return lookup in {getattr(each, "parameter_name", "") for each in self.list_filter}

    # --- rows --------------------------------------------------------------------------------

    @property
    def order(self) -> str:
        return f"-{self.key}" if self.descending else self.key

    @property
    def beyond(self) -> str:
        return f"{self.key}__{'lt' if self.descending else 'gt'}"

    def key_of(self, text: str) -> Any:
        """A key as it stands in an address.

        Raises:
            IncorrectLookupParameters: it is none.
        """
        try:
            return self.opts.get_field(self.key).to_python(text)  # type: ignore[union-attr]
        except ValidationError as error:
            raise IncorrectLookupParameters(error) from error

    def during(self, rows: QuerySet[Any], since: datetime, until: datetime) -> QuerySet[Any]:
        """The rows of a period, found by the key."""
        raise NotImplementedError

    def read(self, rows: QuerySet[Any], limit: int) -> list[Any]:
        """The first of these rows."""
        return list(rows[:limit])

    def prepare(self, rows: list[Any]) -> None:
        """Add what is shown with rows and lies elsewhere, for all of them at once."""

    def time_of(self, row: Any) -> datetime:
        """When a row came to be."""
        found: datetime = row.recorded_at
        return found

    @admin.display(description="when")
    def moment(self, row: Any) -> str:
        """When a row came to be, to the microsecond."""
        return timestamp(self.time_of(row))

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return Rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model._default_manager.all()
        return found

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return (self.order,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (self.search(queryset, term) if term and self.search_fields else queryset), False

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows that a term means, each way by an index."""
        raise NotImplementedError

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(map(str, self.fields or ()))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if any("\0" in text for values in request.GET.lists() for text in (values[0], *values[1])):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, {"title": "", **(extra_context or {})})

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = None if "\0" in object_id else super().get_object(request, object_id, from_field)
        if found is not None:
            self.prepare([found])
        return found


# --- periods -----------------------------------------------------------------------------------


def _choices(rows: Rows, window: Window) -> list[dict[str, str]]:
    """The next narrower periods between the first row and the last, and the way back."""
    order = window.order.removeprefix("-")
    ends = [window.model._default_manager.order_by(o).first() for o in (order, f"-{order}")]
    if ends[0] is None:
        return []
    first, last = sorted(window.time_of(row).astimezone(UTC).date() for row in ends)
    chosen, choices = rows.period, []
    if chosen:
        wider = str(chosen.wider) if chosen.wider else "All dates"
        query = {WHEN: wider if chosen.wider else None, AFTER: None}
        choices.append({"title": f"‹ {wider}", "link": rows.get_query_string(query)})
    years = [Period(year) for year in range(first.year, last.year + 1)]
    for each in chosen.narrower if chosen else years:
        if each.after > first and each.first <= last:
            query = {WHEN: str(each), AFTER: None}
            choices.append({"title": str(each), "link": rows.get_query_string(query)})
    return choices


# --- what cells show ---------------------------------------------------------------------------


def table(rows: Iterable[Iterable[Any]], *head: str) -> SafeString:
    """Rows of texts as a small table."""
    titles = format_html_join("", "<th scope='col'>{}</th>", ((each,) for each in head))
    lines = [format_html_join("", "<td>{}</td>", ((cell,) for cell in row)) for row in rows]
    body = format_html_join("", "<tr>{}</tr>", ((line,) for line in lines))
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", titles, body)


def row_link(window: str, key: Any, text: Any = None) -> SafeString:
    """To a row of another window, named as the admin names it: `ledger_entry`."""
    return link(reverse(f"admin:{window}_change", args=[key]), key if text is None else text)


def event_link(position: int) -> SafeString:
    return row_link("eventstore_event", position)


def stream_link(stream: str, version: int, text: str = "") -> SafeString:
    """To a stream as it was at a version."""
    address = reverse("admin:eventstore_stream_change", args=[quote(stream)])
    return link(f"{address}?version={version}", text or f"{stream} at {version}")


def link(address: str, text: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', address, text)


def plain(value: Any) -> str:
    """A value as JSON has it, on as many lines as it needs."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
    except TypeError:
        return str(value)


def uuid(text: str) -> UUID | None:
    """A text as a UUID; None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
