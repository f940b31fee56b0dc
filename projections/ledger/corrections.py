"""What staff may correct from a row, and by which form: the write side's, met by its name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from eventstore.window import Window


@dataclass(frozen=True, slots=True)
class Way:
    """A way from a row to the form that asks for a change of it, for those who operate.

    `fits` tells whether there is anything to ask for. The forms of several rows can be `one`: all
    that stands in them is the same. `query` is said with the form's address. Some need one more
    `right`.
    """

    label: str
    form: str
    address: Callable[[Any], list[Any]]
    fits: Callable[[Any], bool] = lambda row: True
    query: Callable[[Any], dict[str, str]] = lambda row: {}
    one: bool = False
    right: str = "operate"

    def to(self, row: Any, back: str = "") -> str:
        """The address of the form for this row, which leads back to where it was begun."""
        query = self.query(row) | ({"next": back} if back else {})
        return self.plain(row) + (f"?{urlencode(query)}" if query else "")

    def plain(self, row: Any) -> str:
        return reverse(self.form, args=self.address(row))

    def to_all(self, rows: list[Any], back: str) -> str:
        """The address of the one form for these rows."""
        asked = [("row", self.plain(each)) for each in rows]
        said = [*asked, *self.query(rows[0]).items(), ("next", back)]
        return f"{reverse('corrections')}?{urlencode(said)}"


class OperatedWindow(Window):
    """Rows about what staff may change: each has the ways to the forms that ask for it.

    They are offered with the list as well, for the rows that are chosen there. Where a row has a
    page in the product, `page` is the way there, for whoever sees it.
    """

    change_list_template = "admin/operated.html"
    change_form_template = "admin/row_with_tools.html"
    ways: ClassVar[Sequence[Way]]
    page: ClassVar[Way | None] = None

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Those of a list. A row's page, of which newer versions of Django ask too, has buttons."""
        if getattr(action_location, "name", "CHANGE_LIST") != "CHANGE_LIST":
            return {}
        return {
            each.label: (partial(_go, each), each.label, each.label)
            for each in self._open_to(request)
        }

    def _open_to(self, request: HttpRequest) -> list[Way]:
        principal = request.principal  # type: ignore[attr-defined]
        if not principal.may("operate"):
            return []
        return [each for each in self.ways if principal.may(each.right)]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            ways = [each for each in self._open_to(request) if each.fits(obj)]
            context["tools"] = [(each.label, each.to(obj, request.path)) for each in ways]
            if self.page:
                context["tools"].append((self.page.label, self.page.to(obj)))
        return super().render_change_form(request, context, add, change, form_url, obj)


def _go(
    way: Way, window: Window, request: HttpRequest, found: QuerySet[Any]
) -> HttpResponse | None:
    """To the form that asks for it of the rows that were chosen in a list."""
    rows = list(found[: window.list_per_page])
    if len(rows) == 1:
        return HttpResponseRedirect(way.to(rows[0], request.get_full_path()))
    if rows and way.one:
        return HttpResponseRedirect(way.to_all(rows, request.get_full_path()))
    messages.error(request, f"{way.label} Choose one row: what is asked differs from row to row.")
    return None


OF_ACCOUNT: Callable[[Any], list[Any]] = lambda row: [row.account]  # noqa: E731
INSTRUCTIONS = (
    Way("Alert…", "set-alert", OF_ACCOUNT),
    Way("Sweep…", "set-sweep", OF_ACCOUNT),
    Way("New standing order…", "place-standing-order", lambda row: [],
        query=lambda row: {"from": row.account}),
)  # fmt: skip
"""What an account is set to do."""


def _is_open(row: Any) -> bool:
    return bool(row.status_now == "open")


def _is_in_use(row: Any) -> bool:
    return bool(row.status != "closed")


def _is_plain(row: Any) -> bool:
    return not (row.reverses or row.reversed_by)


ACCOUNT = (
    Way("Freeze…", "freeze", OF_ACCOUNT, one=True,
        fits=lambda row: _is_in_use(row) and row.frozen_scope != "all"),
    Way("Unfreeze…", "unfreeze", OF_ACCOUNT, one=True,
        fits=lambda row: _is_in_use(row) and bool(row.frozen_scope)),
    Way("Place hold…", "place-hold", OF_ACCOUNT, fits=_is_in_use),
    Way("Overdraft limit…", "overdraft-limit", OF_ACCOUNT, fits=_is_in_use),
    Way("Close…", "close-account", OF_ACCOUNT, one=True, fits=_is_in_use),
    Way("Reopen…", "reopen-account", OF_ACCOUNT, one=True,
        fits=lambda row: not _is_in_use(row)),
    *INSTRUCTIONS,
)  # fmt: skip

TRANSFER = (
    Way("Reverse…", "reverse", lambda row: [row.id], one=True,
        fits=_is_plain),
    Way("Force…", "reverse", lambda row: [row.id], one=True, right="force",
        query=lambda row: {"force": "yes"}, fits=_is_plain),
)  # fmt: skip
"""A reversal; one that is forced leaves an account with less than it may have."""

OF_HOLD: Callable[[Any], list[Any]] = lambda row: [row.account, row.id]  # noqa: E731
RELEASE = Way("Release…", "release-hold", OF_HOLD, one=True, fits=_is_open)
HOLD = (Way("Capture…", "capture-hold", OF_HOLD, fits=_is_open), RELEASE)

ITS_ACCOUNT = Way("Its page", "account", OF_ACCOUNT)
ITS_TRANSFER = Way("Its page", "transfer", lambda row: [row.id])
ITS_HOLD = Way("Its page", "hold", OF_HOLD)
