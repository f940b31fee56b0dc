"""Pages about standing instructions: what an account is set to do, and its standing orders."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commands.engine.dispatch import submission
from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look, rehearse
from commands.engine.views import CommandPage, SeeOther
from commands.ledger.forms import instructions as forms
from commands.ledger.forms.fields import given, money
from commands.ledger.order_state import StandingOrder
from commands.ledger.state import Account
from commands.ledger.views.accounts import AccountPage
from commands.ledger.views.picking import PickingPage
from eventstore.events.ledger import account_stream
from eventstore.events.orders import order_stream


class SetAlert(AccountPage):
    """Say when it is told that little is available."""

    command = "set_alert"
    template = "ledger/set_alert.html"
    owners_may = True

    def first(self) -> Texts:
        return forms.alert(self.account)

    def body(self, texts: Texts) -> Body:
        return forms.alerting(texts, self.account)

    def told(self, outcome: Outcome) -> str:
        low = outcome.answer["alert"]["low"]
        if low is None:
            return _("Nothing is told when little is available.")
        if self.account.owner in (None, self.principal.user):
            said = _("You are told when less than {amount} is available.")
        else:
            said = _("The owner is told when less than {amount} is available.")
        return said.format(amount=money(int(low), self.account))


class SetSweep(AccountPage, PickingPage):
    """Say beyond which balance what is too much goes where."""

    command = "set_sweep"
    template = "ledger/set_sweep.html"
    owners_may = True

    def first(self) -> Texts:
        return forms.sweep(self.account)

    def body(self, texts: Texts) -> Body:
        return forms.sweeping(texts, self.account)

    def more(self, form: Form) -> dict[str, Any]:
        return {"account": self.account, "live": True}

    def told(self, outcome: Outcome) -> str:
        sweep = outcome.answer["sweep"]
        if sweep["above"] is None:
            return _("Nothing is swept from this account.")
        amount = money(int(sweep["above"]), self.account)
        said = _("What is on this account beyond {amount} goes to {to}.")
        return said.format(amount=amount, to=sweep["to"])


class PlaceStandingOrder(PickingPage):
    """Have a transfer posted from date to date."""

    command = "place_standing_order"
    template = "ledger/place_standing_order.html"

    def first(self) -> Texts:
        texts = dict.fromkeys(forms.ORDER, "")
        return texts | {"from": self.request.GET.get("from", ""), "every": "month"}

    def body(self, texts: Texts) -> Body:
        return forms.ordering(texts, self.principal)

    def more(self, form: Form) -> dict[str, Any]:
        return {"live": True}

    def home(self, outcome: Outcome) -> str:
        return reverse("standing-order", args=[outcome.answer["standing_order"]["id"]])

    def told(self, outcome: Outcome) -> str:
        begins = date.fromisoformat(outcome.answer["standing_order"]["next_on"])
        return _("Standing order placed. It begins on {day}.").format(day=date_format(begins))


class CancelStandingOrder(CommandPage):
    """End a standing order, for those who may: the rule itself says who they are."""

    command = "cancel_standing_order"
    template = "ledger/cancel_standing_order.html"

    def look_up(self, **address: Any) -> None:
        names, body = self.names(), {"reason": "?"}
        rehearsed, _ = rehearse(
            submission(self.command, body, principal=self.principal, arguments=names)
        )
        if rehearsed.http_status == 404:
            raise Http404
        if rehearsed.http_status == 403:
            raise PermissionDenied
        stream = order_stream(address["id"])
        self.order: StandingOrder = look([stream])[stream]

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        if self.order.status != "open":
            return SeeOther(reverse("standing-order", kwargs=address))
        return super().get(request, **address)

    def first(self) -> Texts:
        return {"reason": ""}

    def names(self) -> dict[str, str]:
        return {"order": str(self.kwargs["id"])}

    def body(self, texts: Texts) -> Body:
        return given(texts, "reason")

    def more(self, form: Form) -> dict[str, Any]:
        stream = account_stream(self.order.payer)
        payer: Account = look([stream])[stream]
        amount = money(self.order.amount, payer)
        return {"order": self.order, "id": self.kwargs["id"], "amount": amount}

    def home(self, outcome: Outcome) -> str:
        return reverse("standing-order", kwargs=self.kwargs)

    def told(self, outcome: Outcome) -> str:
        return _("Standing order cancelled: nothing more is posted by it.")
