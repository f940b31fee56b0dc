"""The page that closes the books, or opens a part of them again."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from commands.engine.forms import Body, Form, Texts
from commands.engine.outcomes import Outcome
from commands.engine.run import look
from commands.engine.views import CommandPage
from commands.ledger.forms.fields import given
from eventstore.events.ledger import BOOK


class CloseBooks(CommandPage):
    """Record nothing more for the days through a date; an earlier date opens those after it."""

    command = "close_books"
    template = "ledger/close_books.html"

    def look_up(self, **address: Any) -> None:
        if not self.principal.may("close"):
            raise PermissionDenied

    def first(self) -> Texts:
        return {"through": "", "reason": ""}

    def body(self, texts: Texts) -> Body:
        return given(texts, "through", "reason")

    def more(self, form: Form) -> dict[str, Any]:
        return {"closed_through": look([BOOK])[BOOK].closed_through}

    def home(self, outcome: Outcome) -> str:
        return reverse("books")

    def told(self, outcome: Outcome) -> str:
        through = date.fromisoformat(outcome.answer["book"]["closed_through"])
        return _("The books are closed through {day} now.").format(day=date_format(through))
