"""Pages that set a part of an account aside, and say what becomes of it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commands.engine import readable
from commands.engine.dispatch import submission
from commands.engine.errors import Malformed
from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look, rehearse
from commands.engine.views import CommandPage, SeeOther
from commands.ledger.forms import holds as forms
from commands.ledger.forms.fields import given, money
from commands.ledger.state import Account, Hold
from commands.ledger.views.accounts import AccountPage
from commands.ledger.views.picking import PickingPage
from eventstore.events.ledger import account_stream

PLACES = {
    "insufficient-funds": "amount",
    "exceeds-hold": "amount",
    "same-account": "payee",
    "currency-mismatch": "payee",
    "payee-mismatch": "payee",
}
"""The fields of forms about holds at which these refusals stand."""


class PlaceHold(AccountPage, PickingPage):
    """Set a part of what is available aside."""

    command = "place_hold"
    template = "ledger/place_hold.html"
    owners_may = True
    places = PLACES

    def first(self) -> Texts:
        return {"amount": "", "expires_in": forms.USUAL, "days": "", "payee": "", "reference": ""}

    def body(self, texts: Texts) -> Body:
        return forms.holding(texts, self.account)

    def more(self, form: Form) -> dict[str, Any]:
        available = self.account.available
        return {
            "account": self.account,
            "available": None if available is None else money(available, self.account),
            "spans": forms.SPANS,
            "live": True,
        }

    def home(self, outcome: Outcome) -> str:
        return reverse("hold", args=[self.code, outcome.answer["hold"]["id"]])

    def told(self, outcome: Outcome) -> str:
        amount = money(int(outcome.answer["hold"]["amount"]), self.account)
        return _("On hold: {amount}.").format(amount=amount)


class HoldPage(CommandPage):
    """What becomes of an open hold, for those whose it is to say.

    The rule itself says who they are, rehearsed on a release. Where the hold is not open any more
    there is nothing to ask for, but what was asked before can be sent again.
    """

    def look_up(self, **address: Any) -> None:
        stream = account_stream(address["code"])
        released = self._rehearsed()
        self.account: Account = look([stream])[stream]
        hold = self.account.holds.get(address["id"])
        self.hold: Hold | None = hold if released.succeeded else None

    def _rehearsed(self) -> Outcome:
        try:
            asked = submission("release_hold", {}, principal=self.principal, arguments=self.names())
        except Malformed as error:
            raise Http404 from error
        outcome, _ = rehearse(asked)
        if outcome.http_status == 404:
            raise Http404
        if outcome.http_status == 403:
            raise PermissionDenied
        return outcome

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        if self.hold is None:
            return SeeOther(reverse("hold", kwargs=address))
        return super().get(request, **address)

    def names(self) -> dict[str, str]:
        return {"account": self.kwargs["code"], "hold": str(self.kwargs["id"])}

    def facts(self, answer: Mapping[str, Any]) -> list[tuple[str, str]]:
        return readable.facts({**answer["facts"], "currency": self.account.currency})

    def more(self, form: Form) -> dict[str, Any]:
        hold = self.hold
        return {
            "account": self.account,
            "id": self.kwargs["id"],
            "hold": hold,
            "remaining": money(hold.remaining, self.account) if hold else "",
        }

    def home(self, outcome: Outcome) -> str:
        return reverse("hold", kwargs=self.kwargs)


class CaptureHold(HoldPage, PickingPage):
    """Post a transfer out of a hold."""

    command = "capture_hold"
    template = "ledger/capture_hold.html"
    places = PLACES

    def first(self) -> Texts:
        return forms.capture(self.hold, self.account) if self.hold else {}

    def body(self, texts: Texts) -> Body:
        return forms.capturing(texts, self.account)

    def more(self, form: Form) -> dict[str, Any]:
        return {**super().more(form), "asks_payee": "payee" in form.texts, "live": True}

    def told(self, outcome: Outcome) -> str:
        hold, legs = outcome.answer["hold"], outcome.answer["transfer"]["legs"]
        captured = money(int(legs[0]["amount"]), self.account)
        said = _("Captured: {amount} to {payee}.").format(amount=captured, payee=legs[1]["account"])
        if hold["status"] != "open":
            return said
        remaining = money(int(hold["remaining"]), self.account)
        rest = _("{amount} is on hold still.").format(amount=remaining)
        return f"{said} {rest}"


class ReleaseHold(HoldPage):
    """Make what is left of a hold available again."""

    command = "release_hold"
    template = "ledger/release_hold.html"

    def first(self) -> Texts:
        return {"reason": ""}

    def body(self, texts: Texts) -> Body:
        return given(texts, "reason")

    def told(self, outcome: Outcome) -> str:
        return _("Hold released: what was left of it is available again.")
