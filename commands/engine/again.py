"""The page that asks for the same as a request of one's own did, once more."""

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from commands.engine import queries, showing
from commands.engine.dispatch import shaped
from commands.engine.forms import Body, Form, Texts
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from commands.engine.views import CommandPage


class AskAgain(CommandPage):
    """What was asked, as it was; sent, it is a request of its own, with a key of its own."""

    template = "requests/again.html"
    buttons = ("check",)

    def setup(self, request: HttpRequest, *args: Any, **address: Any) -> None:
        if request.user.is_authenticated:
            self.row = _asked(request, **address)
            self.command = self.row.command  # type: ignore[misc]
            super().setup(request, *args, **address)
        else:
            super(CommandPage, self).setup(request, *args, **address)

    def names(self) -> dict[str, str]:
        return {name: self.row.payload[name] for name in shaped(self.command).arguments}

    def body(self, texts: Texts) -> Body:
        names = self.names()
        return Body({key: value for key, value in self.row.payload.items() if key not in names})

    def more(self, form: Form) -> dict[str, Any]:
        return showing.what_was_asked(self.row)

    def home(self, outcome: Outcome) -> str:
        return reverse("request", args=[outcome.request])

    def told(self, outcome: Outcome) -> str:
        return _("It was asked for again, and done.")


def _asked(request: HttpRequest, id: Any) -> Request:
    """A request of one's own.

    Raises:
        Http404: there is none that may be asked for again.
    """
    user = request.principal.user  # type: ignore[attr-defined]
    found = queries.one(id, user=user, every=False)
    if found is None or not showing.may_be_asked_again(found):
        raise Http404
    return found
