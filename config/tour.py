"""A short tour of the demo ledger: it stands on the first page until somebody knows their way."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from commands.engine.views import SeeOther
from config import demo

KNOWN = "tour-known"
"""The name in a session under which it says that the tour is not shown any more."""
FROZEN, SHOP = "customers:max", "shop:sales"


@dataclass(frozen=True, slots=True)
class Stop:
    """A page to go to, and what there is to be seen."""

    title: str
    text: str
    address: str


def stops() -> list[Stop]:
    """The tour, in its order."""
    return [
        Stop(
            _("A wallet"),
            _(
                "What is posted, held and available."
                " The slider shows it as it stood after each event."
            ),
            reverse("account", args=[demo.SOMEBODY]),
        ),
        Stop(
            _("Why this balance?"),
            _("Every event that made the figure, down to the transfer and who asked for it."),
            reverse("why", args=[demo.SOMEBODY]),
        ),
        Stop(
            _("A transfer"),
            _("It is filled in. Check says what would be left, and Post transfer does it."),
            _transfer(demo.SOMEBODY, "4.50", "Ledger paper"),
        ),
        Stop(
            _("A no"),
            _("This wallet is frozen. See what a refusal says, and that nothing has changed."),
            _transfer(FROZEN, "1.00", "With a lost card"),
        ),
        Stop(
            _("What you asked"),
            _("Both are kept with their outcomes, the refused one too, and can be asked again."),
            reverse("requests"),
        ),
        Stop(
            _("A statement"),
            _("Ready to print, and the same to the byte whenever it is asked for at its position."),
            reverse("statement", args=[demo.SOMEBODY]),
        ),
    ]


def offered(request: HttpRequest) -> list[Stop]:
    """The tour for who has not ended it, where this is the demo ledger; else nothing.

    It leads to accounts of several people: others than staff would be led to pages that are not.
    """
    principal = request.principal  # type: ignore[attr-defined]
    if KNOWN in request.session or not principal.may("view"):
        return []
    return stops() if demo.is_here() else []


@require_safe
@login_required
def begin(request: HttpRequest) -> HttpResponse:
    """Show the tour again."""
    request.session.pop(KNOWN, None)
    return SeeOther(reverse("home"))


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Show it no more to who is logged in here."""
    request.session[KNOWN] = True
    messages.info(request, _("To see the tour again, open {tour}.").format(tour=reverse("tour")))
    return SeeOther(reverse("home"))


def _transfer(source: str, amount: str, description: str) -> str:
    filled_in = {"from": source, "to": SHOP, "amount": amount, "description": description}
    return f"{reverse('new-transfer')}?{urlencode(filled_in)}"
