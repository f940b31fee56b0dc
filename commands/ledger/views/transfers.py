"""Pages that post transfers and undo them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commands.engine.decider import States
from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look
from commands.engine.views import CommandPage
from commands.ledger.forms import transfers as forms
from commands.ledger.forms.fields import money
from commands.ledger.serializers import MAX_LEGS
from commands.ledger.state import Account, Transfer
from commands.ledger.views.picking import PickingPage
from eventstore.events.ledger import account_stream, transfer_stream


class TransferPage(CommandPage):
    """A form that posts a transfer: a check shows what it would leave on the accounts it names."""

    named: Mapping[str, Account] = {}

    def foreseen(self, outcome: Outcome, states: States) -> Any:
        found = forms.seen(states, list(self.named), self.principal)
        return forms.left(outcome.answer["transfer"], found)

    def home(self, outcome: Outcome) -> str:
        return reverse("transfer", args=[outcome.answer["transfer"]["id"]])


class NewTransfer(TransferPage, PickingPage):
    """Post a transfer: from, to and amount, or several legs."""

    command = "post_transfer"
    template = "ledger/new_transfer.html"
    buttons = ("check", "add", "split", *PickingPage.buttons)

    def first(self) -> Texts:
        given = self.request.GET
        texts = dict.fromkeys(forms.SHARED, "")
        asked = given.get("legs", "")
        if asked.isascii() and asked.isdigit() and asked[:3] != "0":
            rows = [_leg(n) for n in range(min(max(int(asked[:3]), 2), MAX_LEGS))]
            return forms.numbered(rows) | texts
        return texts | {name: given.get(name, "") for name in ("from", "to", "amount", *texts)}

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
            return super().place(answer, texts)
        wanted = answer["facts"].get("account")
        rows = enumerate(forms.legs(texts))
        return next((f"legs/{n}/amount" for n, leg in rows if leg["account"] == wanted), "")

    def told(self, outcome: Outcome) -> str:
        first, second, *more = outcome.answer["transfer"]["legs"]
        # Of a request that is asked again with its outcome, the form was not read this time.
        named = self.named or forms.accounts({"from": first["account"]}, self.principal)
        payer = named.get(first["account"])
        if more or payer is None or "from" not in self.request.POST:
            n = 2 + len(more)
            said = ngettext("Transfer posted: {n} leg.", "Transfer posted: {n} legs.", n)
            return said.format(n=n)
        return _("Transfer posted: {amount} from {payer} to {payee}.").format(
            amount=money(int(first["amount"]), payer),
            payer=first["account"],
            payee=second["account"],
        )

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


class ReverseTransfer(TransferPage):
    """Undo a transfer by another one."""

    command = "reverse_transfer"
    template = "ledger/reverse_transfer.html"
    buttons = ("check",)

    def look_up(self, **address: Any) -> None:
        self.id: UUID = address["id"]
        stream = transfer_stream(self.id)
        self.transfer: Transfer = look([stream])[stream]
        codes = list(dict.fromkeys(leg.account for leg in self.transfer.legs))
        self.named = forms.seen(look(map(account_stream, codes)), codes, self.principal)
        if not self.named:
            raise Http404
        if not self.principal.may("operate") or len(self.named) < len(codes):
            raise PermissionDenied

    def first(self) -> Texts:
        force = "yes" if "force" in self.request.GET else ""
        return {"reason": "", "effective_on": "", "force": force}

    def names(self) -> dict[str, str]:
        return {"transfer": str(self.kwargs["id"])}

    def body(self, texts: Texts) -> Body:
        return forms.reversing(texts)

    def place(self, answer: Mapping[str, Any], texts: Texts) -> str:
        return "force" if answer["code"] == "forbidden" else ""

    def more(self, form: Form) -> dict[str, Any]:
        legs = [
            {"leg": leg, "money": money(leg.amount, self.named[leg.account])}
            for leg in self.transfer.legs
        ]
        return {"transfer": self.transfer, "id": self.id, "legs": legs, "live": True}

    def told(self, outcome: Outcome) -> str:
        return _("Transfer reversed. This is the transfer that undoes it.")


def _leg(number: int) -> Texts:
    return {"account": "", "direction": "credit" if number else "debit", "amount": ""}
