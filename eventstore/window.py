"""Read-only windows of the admin: rows by key and by day, nothing counted and nothing changed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst

from eventstore.periods import Period, period
from eventstore.records import timestamp
from eventstore.statistics import Count, about

AFTER, WHEN = "after", "when"


class Rows(ChangeList):
    """A page of rows after a key; `when` bounds it to a year, a month or a day.

    Filters and searches that no index helps look at `most` rows a page, however many pass: the
    next page goes on where they stopped.
    """

    model_admin: "Window"
    most = 100_000

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, WHEN)}

    def get_results(self, request: HttpRequest) -> None:
        """Read `list_per_page` rows and one more; the title's counts stay unknown."""
        window = self.model_admin
        found, sieve = self._indexed(self.queryset)
        self.key = str(found.query.order_by[-1]).removeprefix("-")
        found, stopped = self._sifted(self._bounded(found), sieve)
        self.periods = _choices(self, window) if window.has_times else []
        rows = self.read(found, self.list_per_page + 1)
        self.result_list = rows[: self.list_per_page]
        window.prepare(self.result_list)
        self.looked_at = 0 if stopped is None else self.most
        if len(rows) > self.list_per_page:
            stopped, self.looked_at = getattr(self.result_list[-1], self.key), 0
        self.following = "" if stopped is None else self.get_query_string({AFTER: stopped})
        self.first = self.get_query_string()
        self.total = self._total()
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count = False
        self.show_admin_actions = bool(window.get_actions(request))
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.result_list, self.list_per_page)

    def read(self, found: QuerySet[Any], limit: int) -> list[Any]:
        """The first of the rows that were found."""
        return self.model_admin.read(found, limit)

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Another filter, period or search begins with its first page."""
        return super().get_query_string(new_params, [*(remove or ()), AFTER])

    def _total(self) -> Count | None:
        """About how many rows there are of a whole list, of which this page is a part."""
        is_part = self.following or self.after
        if not is_part or self.query or self.period or self.get_filters_params():
            return None
        found = about(self.model._meta.db_table)
        # Statistics may be older than most rows.
        return found if found and (found.number or 0) > len(self.result_list) else None

    def _indexed(self, found: QuerySet[Any]) -> tuple[QuerySet[Any], list[Any]]:
        """The rows that pass the filters that an index helps, and the conditions that are left."""
        term = self.query.strip()
        sieve = [*self.model_admin.sieve(term)] if term else []
        for each in self.filter_specs:
            if isinstance(each, OneOf) and (value := each.value()):
                helped = self.model_admin.filtered(found, each.parameter_name, value, self.query)
                if helped is None:
                    sieve.append(Q((each.parameter_name, value)))
                else:
                    found = helped
        return found, sieve

    def _bounded(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the period, after the key that the address names."""
        window = self.model_admin
        try:
            self.period = period(self.params.get(WHEN, ""))
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        if self.period:
            found = window.during(found, *self.period.bounds, self.query)
        self.after = self.params.get(AFTER, "")
        if self.after:
            beyond = f"{self.key}__{'lt' if window.descending else 'gt'}"
            found = found.filter(**{beyond: window.value_of(self.key, self.after)})
        return found

    def _sifted(self, found: QuerySet[Any], sieve: list[Any]) -> tuple[QuerySet[Any], Any]:
        """The rows that meet these conditions, and the key where looking stopped, if it did."""
        if not sieve:
            return found, None
        keys = found.values_list(self.key, flat=True)
        last = next(iter(keys[self.most - 1 : self.most]), None)
        if last is not None:
            upto = f"{self.key}__{'gte' if self.model_admin.descending else 'lte'}"
            found = found.filter(**{upto: last})
        return found.filter(*sieve), last


class OneOf(admin.SimpleListFilter):
    """A filter whose choices the code knows: no row is read to list them."""

    parameter_name: str

    def choices_(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(choice, choice) for choice in self.choices_()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All rows: `Rows` applies the filter, which knows how far it may look."""
        return queryset


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

    def value_of(self, key: str, text: str) -> Any:
        """A key as it stands in an address.

        Raises:
            IncorrectLookupParameters: it is none.
        """
        try:
            return self.opts.get_field(key).to_python(text)  # type: ignore[union-attr]
        except ValidationError as error:
            raise IncorrectLookupParameters(error) from error

    def among(self, rows: QuerySet[Any], column: str, value: Any, key: str = "") -> QuerySet[Any]:
        """The rows with this value, by the index on the column and the key.

        Where it is a range and the order names it, no other index will do. For an equality the
        planner may walk the key's own index from the newest row, past all rows of others.
        """
        sign = "-" if self.descending else ""
        found = rows.filter(**{f"{column}__gte": value, f"{column}__lte": value})
        return found.order_by(f"{sign}{column}", f"{sign}{key or self.key}")

    def filtered(
        self, rows: QuerySet[Any], name: str, value: str, term: str
    ) -> QuerySet[Any] | None:
        """Those of the rows, which a term means, that pass a filter; None if no index helps."""
        return None

    def during(
        self, rows: QuerySet[Any], since: datetime, until: datetime, term: str
    ) -> QuerySet[Any]:
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
        return (f"-{self.key}" if self.descending else self.key,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (self.search(queryset, term) if term and self.search_fields else queryset), False

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows that a term means, each way by an index."""
        raise NotImplementedError

    def sieve(self, term: str) -> Sequence[Any]:
        """Conditions that a term means as well and no index helps: few rows are looked at."""
        return ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(map(str, self.fields or ()))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and not self.get_actions(request):
            raise PermissionDenied
        if any("\0" in text for values in request.GET.lists() for text in (values[0], *values[1])):
            return HttpResponseRedirect(request.path)
        about = {"title": capfirst(self.opts.verbose_name_plural), **(extra_context or {})}
        return super().changelist_view(request, about)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        found = None if "\0" in object_id else super().get_object(request, object_id, from_field)
        if found is not None:
            self.prepare([found])
        return found

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        # Nothing here was ever deleted.
        messages.warning(request, "There is no such row.")
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))


# --- periods -----------------------------------------------------------------------------------


def _choices(rows: Rows, window: Window) -> list[dict[str, str]]:
    """The next narrower periods between the first row and the last, and the way back."""
    orders = (window.key, f"-{window.key}")
    ends = [window.model._default_manager.order_by(order).first() for order in orders]
    if ends[0] is None:
        return []
    first, last = sorted(window.time_of(row).astimezone(UTC).date() for row in ends)
    chosen, choices = rows.period, []
    if chosen:
        wider = str(chosen.wider) if chosen.wider else "All dates"
        link = rows.get_query_string({WHEN: wider if chosen.wider else None})
        choices.append({"title": f"‹ {wider}", "link": link})
    years = [Period(year) for year in range(first.year, last.year + 1)]
    for each in chosen.narrower if chosen else years:
        if each.after > first and each.first <= last:
            link = rows.get_query_string({WHEN: str(each)})
            choices.append({"title": str(each), "link": link})
    return choices
