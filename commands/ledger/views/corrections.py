"""One correction of several accounts, holds or transfers: a command for each of them."""

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views import View

from commands.engine import bulk
from commands.engine.errors import Malformed
from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome, Submission
from commands.engine.views import CommandPage
from commands.ledger.forms.fields import money
from commands.ledger.views.accounts import (
    CloseAccount,
    FreezeAccount,
    ReopenAccount,
    UnfreezeAccount,
)
from commands.ledger.views.holds import ReleaseHold
from commands.ledger.views.transfers import ReverseTransfer

MOST = 100
"""So many rows at a time: a page of a list."""
ROW = "row"
"""What the address names each row by: the address of the form for that one alone."""
_OF_ONE = re.compile(r"^/commands/[0-9]+/data")


class Corrections(CommandPage):
    """The form of one row, asked once for all; each is decided by itself, as from its own form."""

    command = bulk.NAME
    template = "ledger/corrections.html"
    pages: list[CommandPage]

    def look_up(self, **address: Any) -> None:
        posted = (text for name, text in self.request.POST.items() if name.startswith(f"{ROW}/"))
        self.rows = [*map(str, posted)] or self.request.GET.getlist(ROW)
        if not 1 <= len(self.rows) <= MOST:
            raise Http404
        self.pages = [self._page(each) for each in self.rows]
        if len({type(each) for each in self.pages}) > 1:
            raise Http404

    def _page(self, address: str) -> CommandPage:
        """The page of one row, for whom it is for."""
        try:
            found = resolve(address)
        except Resolver404 as error:
            raise Http404 from error
        kind = getattr(found.func, "view_class", None)
        if kind not in _KINDS:
            raise Http404
        page: CommandPage = kind()
        View.setup(page, self.request, **found.kwargs)
        page.look_up(**found.kwargs)
        return page

    def first(self) -> Texts:
        rows = {f"{ROW}/{number}": address for number, address in enumerate(self.rows)}
        return self.pages[0].first() | rows

    def asked(self, form: Form) -> Submission:
        self.key = form.key
        try:
            return super().asked(form)
        except Malformed as error:
            # One form stands for all, so what is wrong with it is said once.
            said = {(_OF_ONE.sub("", place), sentence): None for place, sentence in error.errors}
            raise Malformed(list(said)) from error

    def body(self, texts: Texts) -> Body:
        each_for_itself = Body({"atomic": False, "commands": []})
        for number, page in enumerate(self.pages):
            one = page.body(texts)
            each_for_itself.wrong |= one.wrong
            each_for_itself.data["commands"].append(
                {
                    "command": page.command,
                    "data": page.names() | one.data,
                    "idempotency_key": f"{self.key}:{number}",
                }
            )
        return each_for_itself

    def more(self, form: Form) -> dict[str, Any]:
        title, named = _KINDS[type(self.pages[0])]
        rows = [(address, named(page)) for address, page in zip(self.rows, self.pages, strict=True)]
        return {"title": _(title), "rows": rows, "names": list(form.texts)}

    def home(self, outcome: Outcome) -> str:
        return reverse("request", args=[outcome.request])

    def goal(self, outcome: Outcome) -> str:
        # What was refused of it is told nowhere else.
        return self.home(outcome)

    def told(self, outcome: Outcome) -> str:
        done = sum(each.succeeded for each in outcome.outcomes)
        left = len(outcome.outcomes) - done
        said = [_("Done: {n}.").format(n=done)]
        if left:
            said.append(_("Refused: {n}, for the reasons below.").format(n=left))
        return " ".join(said)


def _account(page: Any) -> str:
    return f"{page.account.code}: {page.account.name}"


def _hold(page: Any) -> str:
    if page.hold is None:
        return _("{code}: no longer open").format(code=page.account.code)
    return f"{page.account.code}: {money(page.hold.remaining, page.account)}"


def _transfer(page: Any) -> str:
    leg = page.transfer.legs[0]
    return f"{page.transfer.description or page.id}: {money(leg.amount, page.named[leg.account])}"


_KINDS: dict[type[CommandPage], tuple[str, Callable[[Any], str]]] = {
    FreezeAccount: (gettext_noop("Freeze accounts"), _account),
    UnfreezeAccount: (gettext_noop("Unfreeze accounts"), _account),
    CloseAccount: (gettext_noop("Close accounts"), _account),
    ReopenAccount: (gettext_noop("Reopen accounts"), _account),
    ReleaseHold: (gettext_noop("Release holds"), _hold),
    ReverseTransfer: (gettext_noop("Reverse transfers"), _transfer),
}
"""The pages whose forms say the same of every row, with a title and how a row is called."""
