"""Pages that open accounts, describe them, and say how they may be used."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look
from commands.engine.views import CommandPage
from commands.ledger.forms import accounts as forms
from commands.ledger.forms.fields import given, money
from commands.ledger.state import Account
from eventstore.events.currencies import codes, currency
from eventstore.events.ledger import account_stream


class OpenAccount(CommandPage):
    """Open an account; staff may set more than its owner."""

    command = "open_account"
    template = "ledger/open_account.html"

    def look_up(self, **address: Any) -> None:
        if not forms.may_open_account(self.principal):
            raise PermissionDenied

    def body(self, texts: Texts) -> Body:
        return forms.opening(texts, staff=self.principal.may("operate"))

    def more(self, form: Form) -> dict[str, Any]:
        return {"currencies": [currency(code) for code in codes()]}

    def home(self, outcome: Outcome) -> str:
        return reverse("account", args=[outcome.answer["account"]["code"]])

    def told(self, outcome: Outcome) -> str:
        return _("Account opened: {name}.").format(name=outcome.answer["account"]["name"])


class AccountPage(CommandPage):
    """A command about one account, for staff; for its owner too where `owners_may`."""

    owners_may: ClassVar[bool] = False

    def look_up(self, **address: Any) -> None:
        self.code = address["code"]
        self.stream = account_stream(self.code)
        self.states = look([self.stream])
        found, principal = self.account, self.principal
        if not (found.exists and principal.sees(self.code, found.owner)):
            raise Http404
        own = self.owners_may and found.owner == principal.user
        if not (own or principal.may("operate")):
            raise PermissionDenied

    @property
    def account(self) -> Account:
        account: Account = self.states[self.stream]
        return account

    def names(self) -> dict[str, str]:
        return {"account": self.kwargs["code"]}

    def more(self, form: Form) -> dict[str, Any]:
        return {"account": self.account}

    def home(self, outcome: Outcome) -> str:
        return reverse("account", args=[self.code])


class EditAccount(AccountPage):
    """Change what describes an account, if it is still as it was when the form was opened."""

    command = "change_account_details"
    template = "ledger/edit_account.html"
    owners_may = True

    def first(self) -> Texts:
        version = str(self.states.version(self.stream))
        return forms.details(self.account, self._owner()) | {"version": version}

    def _owner(self) -> str:
        return forms.user_name(self.account.owner) if self.principal.may("operate") else ""

    def body(self, texts: Texts) -> Body:
        return forms.changing(texts, staff=self.principal.may("operate"))

    def expected(self, texts: Texts) -> dict[str, int]:
        version = texts.get("version", "")
        readable = version.isascii() and version.isdigit() and len(version) < 19
        return {self.stream: int(version) if readable else 0}

    def after(self, answer: Mapping[str, Any], texts: Texts) -> Texts:
        # Who has been told that the account changed may overwrite what it became.
        stale = answer["code"] == "stale-version"
        return texts | ({"version": str(answer["facts"]["actual"])} if stale else {})

    def more(self, form: Form) -> dict[str, Any]:
        return {"account": self.account, "as_it_is": self.first()}

    def told(self, outcome: Outcome) -> str:
        return _("Details changed.") if outcome.events else _("Nothing was changed.")


class ChangeOverdraftLimit(AccountPage):
    """Say how far below zero an account may go."""

    command = "change_overdraft_limit"
    template = "ledger/overdraft_limit.html"

    def first(self) -> Texts:
        return forms.limit(self.account) | {"reason": ""}

    def body(self, texts: Texts) -> Body:
        return forms.limiting(texts, self.account)

    def more(self, form: Form) -> dict[str, Any]:
        limit = self.account.overdraft_limit
        return {
            "account": self.account,
            "limit": None if limit is None else money(limit, self.account),
        }

    def told(self, outcome: Outcome) -> str:
        if not outcome.events:
            return _("Nothing was changed: this was its overdraft limit before.")
        limit = outcome.answer["account"]["overdraft_limit"]
        if limit is None:
            return _("The account may be overdrawn without a limit now.")
        amount = money(int(limit), self.account)
        return _("The overdraft limit is {amount} now.").format(amount=amount)


class FreezeAccount(AccountPage):
    """Refuse what is debited, credited, or both."""

    command = "freeze_account"
    template = "ledger/freeze_account.html"

    def first(self) -> Texts:
        return {"scope": "all", "reason": ""}

    def body(self, texts: Texts) -> Body:
        return given(texts, "scope", "reason")

    def place(self, answer: Mapping[str, Any], texts: Texts) -> str:
        return "scope" if answer["code"] == "already-frozen" else ""

    def told(self, outcome: Outcome) -> str:
        return {
            "all": _("Frozen: debits and credits are refused now."),
            "debits": _("Frozen: debits are refused now."),
            "credits": _("Frozen: credits are refused now."),
        }[outcome.answer["account"]["frozen_scope"]]


class _ReasonPage(AccountPage):
    """A command that is said with a reason alone: what it does stands in its template."""

    template = "ledger/with_reason.html"
    title: ClassVar[str]
    heading: ClassVar[str]
    button: ClassVar[str]
    done: ClassVar[str]

    def first(self) -> Texts:
        return {"reason": ""}

    def body(self, texts: Texts) -> Body:
        return given(texts, "reason")

    def more(self, form: Form) -> dict[str, Any]:
        return {
            "account": self.account,
            "command": self.command,
            "title": _(self.title).format(code=self.code),
            "heading": _(self.heading),
            "send": _(self.button),
        }

    def told(self, outcome: Outcome) -> str:
        return _(self.done)


class UnfreezeAccount(_ReasonPage):
    """Let an account be used again."""

    command = "unfreeze_account"
    title = gettext_noop("Unfreeze {code}")
    heading = gettext_noop("Unfreeze account")
    button = gettext_noop("Unfreeze")
    done = gettext_noop("The account is no longer frozen.")


class CloseAccount(_ReasonPage):
    """Retire an account in which nothing is left."""

    command = "close_account"
    title = gettext_noop("Close {code}")
    heading = gettext_noop("Close account")
    button = gettext_noop("Close")
    done = gettext_noop("The account is closed.")


class ReopenAccount(_ReasonPage):
    """Take a closed account into use again."""

    command = "reopen_account"
    title = gettext_noop("Reopen {code}")
    heading = gettext_noop("Reopen account")
    button = gettext_noop("Reopen")
    done = gettext_noop("The account is in use again.")
