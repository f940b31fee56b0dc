"""Fields for an account, in which people search for it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse

from commands.engine.forms import Form, Texts
from commands.engine.views import CommandPage
from commands.ledger.forms.fields import naming


class PickingPage(CommandPage):
    """A form in which the codes of accounts can be searched for, without scripts too."""

    buttons: ClassVar[tuple[str, ...]] = ("search", "pick")
    places: ClassVar[Mapping[str, str]] = {
        "insufficient-funds": "amount",
        "same-account": "to",
        "currency-mismatch": "to",
        "forbidden": "from",
    }
    """The fields at which these refusals stand; others stand at the account that they name."""

    def place(self, answer: Mapping[str, Any], texts: Texts) -> str:
        return self.places.get(answer["code"]) or naming(answer["facts"].get("account"), texts)

    def search(self, form: Form, pressed: str) -> HttpResponse:
        """The accounts that begin with what stands in a field."""
        return self.show(form, searching=form[pressed])

    def pick(self, form: Form, pressed: str) -> HttpResponse:
        """One of the accounts that were found, into its field."""
        name, _, code = pressed.partition("=")
        if name in form.texts:
            form.texts[name] = code
        return self.show(form)
