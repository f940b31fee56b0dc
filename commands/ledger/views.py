"""Pages that change the ledger: each form is one command."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from commands.engine import readable
from commands.engine.decider import States
from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look
from commands.engine.views import CommandPage
from commands.ledger import forms
from commands.ledger.serializers import MAX_LEGS
from commands.ledger.state import Account
from eventstore.events.currencies import codes, currency
from eventstore.events.ledger import account_stream


class OpenAccount(CommandPage):
    """Open an account; staff may set more than its owner."""

    command = "open_account"
    template = "ledger/open_account.html"

    def dispatch(self, request: HttpRequest, *args: Any, **address: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not forms.may_open_account(self.principal):
            raise PermissionDenied
        return super().dispatch(request, *args, **address)

    def body(self, texts: Texts) -> Body:
        return forms.opening(texts, staff=self.principal.may("operate"))

    def more(self, form: Form) -> dict[str, Any]:
        return {"currencies": [currency(code) for code in codes()]}

    def home(self, outcome: Outcome) -> str:
        return reverse("account", args=[outcome.answer["account"]["code"]])

    def told(self, outcome: Outcome) -> str:
        return f"Account opened: {outcome.answer['account']['name']}."


class EditAccount(CommandPage):
    """Change what describes an account, if it is still as it was when the form was opened."""

    command = "change_account_details"
    template = "ledger/edit_account.html"

    def dispatch(self, request: HttpRequest, *args: Any, **address: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.code = address["code"]
            self.stream = account_stream(self.code)
            self.states = look([self.stream])
            found, principal = self.account, self.principal
            if not (found.exists and principal.sees(self.code, found.owner)):
                raise Http404
            if not (principal.may("operate") or found.owner == principal.user):
                raise PermissionDenied
        return super().dispatch(request, *args, **address)

    @property
    def account(self) -> Account:
        account: Account = self.states[self.stream]
        return account

    def first(self) -> Texts:
        version = str(self.states.version(self.stream))
        return forms.details(self.account, self._owner()) | {"version": version}

    def _owner(self) -> str:
        return forms.user_name(self.account.owner) if self.principal.may("operate") else ""

    def body(self, texts: Texts) -> Body:
        return forms.changing(texts, staff=self.principal.may("operate"))

    def names(self) -> dict[str, str]:
        return {"account": self.kwargs["code"]}

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

    def home(self, outcome: Outcome) -> str:
        return reverse("account", args=[self.code])

    def told(self, outcome: Outcome) -> str:
        return "Details changed." if outcome.events else "Nothing was changed."


class NewTransfer(CommandPage):
    """Post a transfer: from, to and amount, or several legs."""

    command = "post_transfer"
    template = "ledger/new_transfer.html"
    buttons = ("check", "add", "split", "search", "pick")
    named: Mapping[str, Account] = {}

    def first(self) -> Texts:
        given = self.request.GET
        texts = dict.fromkeys(forms.SHARED, "")
        asked = given.get("legs", "")
        if asked.isascii() and asked.isdigit() and asked[:3] != "0":
            rows = [_leg(n) for n in range(min(max(int(asked[:3]), 2), MAX_LEGS))]
            return forms.numbered(rows) | texts
        return {name: given.get(name, "") for name in ("from", "to", "amount")} | texts

    def tidy(self, texts: Texts) -> Texts:
        if "from" in texts:
            return texts
        rows = forms.legs(texts)
        rows += [_leg(n) for n in range(len(rows), 2)]
        return forms.numbered(rows) | {name: texts.get(name, "") for name in forms.SHARED}

    def body(self, texts: Texts) -> Body:
        self.named = forms.accounts(texts, self.principal)
        return forms.posting(texts, self.named)

    def place(self, answer: Mapping[str, Any], texts: Texts) -> str:
        if "from" in texts:
            return _PLACES.get(answer["code"], "")
        wanted = answer["facts"].get("account")
        rows = enumerate(forms.legs(texts))
        return next((f"legs/{n}/amount" for n, leg in rows if leg["account"] == wanted), "")

    def home(self, outcome: Outcome) -> str:
        return reverse("transfer", args=[outcome.answer["transfer"]["id"]])

    def told(self, outcome: Outcome) -> str:
        first, second, *more = outcome.answer["transfer"]["legs"]
        # Of a request that is asked again with its outcome, the form was not read this time.
        named = self.named or forms.accounts({"from": first["account"]}, self.principal)
        payer = named.get(first["account"])
        if more or payer is None or "from" not in self.request.POST:
            return f"Transfer posted: {2 + len(more)} legs."
        amount = readable.decimal(int(first["amount"]), payer.exponent, payer.currency)
        return f"Transfer posted: {amount} from {first['account']} to {second['account']}."

    def foreseen(self, outcome: Outcome, states: States) -> Any:
        found = forms.seen(states, list(self.named), self.principal)
        return [
            {
                "code": account.code,
                "unlimited": account.available is None,
                "money": readable.decimal(
                    account.posted if account.available is None else account.available,
                    account.exponent,
                    account.currency,
                ),
            }
            for account in forms.lowered(outcome.answer["transfer"], found)
        ]

    def more(self, form: Form) -> dict[str, Any]:
        rows = [name for name in form.texts if name.endswith("/direction")]
        numbers = range(len(rows))
        legs = [{each: form[f"legs/{n}/{each}"] for each in forms.LEG} for n in numbers]
        return {"legs": legs, "full": len(legs) >= MAX_LEGS, "live": True}

    # --- its other buttons -------------------------------------------------------------------

    def add(self, form: Form, pressed: str) -> HttpResponse:
        """One row more, for one more leg."""
        number = sum(name.endswith("/direction") for name in form.texts)
        if number < MAX_LEGS:
            form.texts |= {f"legs/{number}/{name}": text for name, text in _leg(number).items()}
        return self.show(form)

    def split(self, form: Form, pressed: str) -> HttpResponse:
        """From, to and amount as two legs."""
        rows = [
            _leg(number)
            | {"account": form.texts.pop(name, ""), "amount": form.texts.get("amount", "")}
            for number, name in enumerate(("from", "to"))
        ]
        form.texts.pop("amount", "")
        form.texts = forms.numbered(rows) | form.texts
        return self.show(form)

    def search(self, form: Form, pressed: str) -> HttpResponse:
        """The accounts that begin with what stands in a field."""
        return self.show(form, searching=form[pressed])

    def pick(self, form: Form, pressed: str) -> HttpResponse:
        """One of the accounts that were found, into its field."""
        name, _, code = pressed.partition("=")
        if name in form.texts:
            form.texts[name] = code
        return self.show(form)


_PLACES = {
    "insufficient-funds": "amount",
    "same-account": "to",
    "currency-mismatch": "to",
    "forbidden": "from",
}
"""Where a refusal that names no place stands in the form of from, to and amount."""


def _leg(number: int) -> Texts:
    return {"account": "", "direction": "credit" if number else "debit", "amount": ""}
