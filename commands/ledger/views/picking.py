"""Fields for an account, in which people search for it."""

from typing import ClassVar

from django.http import HttpResponse

from commands.engine.forms import Form
from commands.engine.views import CommandPage


class PickingPage(CommandPage):
    """A form in which the codes of accounts can be searched for, without scripts too."""

    buttons: ClassVar[tuple[str, ...]] = ("search", "pick")

    def search(self, form: Form, pressed: str) -> HttpResponse:
        """The accounts that begin with what stands in a field."""
        return self.show(form, searching=form[pressed])

    def pick(self, form: Form, pressed: str) -> HttpResponse:
        """One of the accounts that were found, into its field."""
        name, _, code = pressed.partition("=")
        if name in form.texts:
            form.texts[name] = code
        return self.show(form)
