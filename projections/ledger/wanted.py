"""What a page of an account is asked for: a period, another time, and what is wrong with either."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eventstore.http import BadRequest, day, instant
from projections.ledger.asof import PINNED
from projections.ledger.history import Moment
from projections.ledger.models import Balance
from projections.ledger.statements import Cut

LONGEST = 200
"""Characters of a text that are looked for."""
A_DATE = gettext_lazy("This must be a date like 2026-01-31.")
A_TIME = gettext_lazy("This must be a time like 2026-01-31T12:00, in UTC.")
_LOCAL = re.compile(r"[0-9-]{10}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Business dates, a text, and the `times` of which it is, as `asof.then` takes them.

    What is `wrong` stands by the name of its field, and counts as left out.
    """

    since: date | None
    until: date | None
    words: str
    as_of: date | None
    times: Mapping[str, str]
    wrong: Mapping[str, str]

    def of(self, account: Balance, moment: Moment) -> Cut:
        """The statement that is asked for; what is as of a date ends with it."""
        ends = [each for each in (self.until, self.as_of) if each]
        return Cut(account, moment, self.since, min(ends, default=None), self.words)

    def but(self, errors: Iterable[tuple[str, str]]) -> "Wanted":
        """The same of now, because these times are wrong."""
        said = {name: _(sentence) for name, sentence in errors}
        return replace(self, as_of=None, times={}, wrong={**self.wrong, **said})

    @property
    def known_at(self) -> str:
        """The time in UTC as a field of a form has it."""
        found = instant(self.times.get("known_at", ""))
        return found.replace(tzinfo=None).isoformat() if found else ""


def text(request: HttpRequest, name: str) -> str:
    """A parameter of the query, of whatever form."""
    return request.GET.get(name, "").replace("\0", "").strip()


def number(request: HttpRequest, name: str) -> int:
    """A parameter that is a position or a count; 0 when it is none."""
    found = text(request, name)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 19 else 0


def same_but(request: HttpRequest, **changed: str) -> str:
    """The query of this page with something changed; what is empty is left out."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return query.urlencode()


def a_day(found: str) -> date | None:
    """A text as a date; None when it is none."""
    try:
        return day({"on": found}, "on")
    except BadRequest:
        return None


def wanted(request: HttpRequest) -> Wanted:
    """What is asked for; a field that is empty is left out."""
    given = {name: text(request, name) for name in ("since", "until", "as_of", *PINNED)}
    days = {name: a_day(given[name]) for name in ("since", "until", "as_of")}
    wrong = {name: str(A_DATE) for name in days if given[name] and not days[name]}
    if days["since"] and days["until"] and days["since"] > days["until"]:
        wrong["until"], days["until"] = _("This is before the other date."), None
    times = {name: given[name] for name in ("as_of", *PINNED) if given[name] and name not in wrong}
    if "known_at" in times:
        found = _instant(times.pop("known_at"))
        if found is None:
            wrong["known_at"] = str(A_TIME)
        else:
            times["known_at"] = found.isoformat()
    return Wanted(**days, words=text(request, "q")[:LONGEST], times=times, wrong=wrong)


def _instant(found: str) -> datetime | None:
    """A time as RFC 3339 has it, or as a field of a form does, which has no zone: it is UTC."""
    if not _LOCAL.fullmatch(found):
        return instant(found.replace(" ", "+"))
    try:
        return datetime.fromisoformat(found).replace(tzinfo=UTC)
    except ValueError:
        return None
