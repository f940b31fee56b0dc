"""What people say of a token that they make for themselves."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commands.access.models import BEGINNING, NAME, Token
from commands.access.principal import Principal

SCOPES: dict[str, str | Promise] = {
    "read": gettext_lazy("Read all that you may see, but for the log of events"),
    "write": gettext_lazy("Write: ask for transfers, and for whatever else you may"),
    "events:read": gettext_lazy("Read the log of events"),
}
"""Each scope in words."""

LASTS = {
    "7": gettext_lazy("In 7 days"),
    "30": gettext_lazy("In 30 days"),
    "90": gettext_lazy("In 90 days"),
    "365": gettext_lazy("In a year"),
}
NEVER = "never"


def scopes_of(principal: Principal) -> dict[str, str | Promise]:
    """The scopes that are of use to somebody: the log is for those who may view the ledger."""
    return {
        scope: words
        for scope, words in SCOPES.items()
        if scope != "events:read" or principal.may("view")
    }


class TokenForm(forms.Form):
    """A token of one's own. Its id is drawn when the form is opened: sent again it is the same."""

    id = forms.CharField(required=False, widget=forms.HiddenInput, initial=Token.new_id)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME,
        help_text=gettext_lazy(
            "What it is for, such as “Nightly export”: you will know it by that."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With none of them ticked it may do all that you may."),
    )
    under = forms.RegexField(
        BEGINNING,
        required=False,
        label=gettext_lazy("Only accounts whose codes begin with"),
        help_text=gettext_lazy(
            "A beginning such as shop: is enough. Left out, the token is for all that you may see."
        ),
        error_messages={
            "invalid": gettext_lazy(
                "A code has at most 200 of the small letters a to z, digits and _ . : -"
            )
        },
    )
    expires = forms.ChoiceField(
        label=gettext_lazy("Expires"),
        choices=[*LASTS.items(), (NEVER, gettext_lazy("Never"))],
        initial="90",
        help_text=gettext_lazy("After that it opens nothing; make another before."),
    )

    def __init__(self, principal: Principal, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["scopes"].choices = [*scopes_of(principal).items()]  # type: ignore[attr-defined]

    def clean_id(self) -> str:
        """The id that was drawn; another for one that never was."""
        drawn: str = self.cleaned_data["id"]
        return drawn if re.fullmatch("[0-9a-f]{12}", drawn) else Token.new_id()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not Token.is_name(name):
            wrong = _("A name has only visible characters: leave out the others.")
            raise forms.ValidationError(wrong)
        return name

    def clean_expires(self) -> datetime | None:
        """The moment at which it ends; None for never."""
        chosen: str = self.cleaned_data["expires"]
        return None if chosen == NEVER else timezone.now() + timedelta(days=int(chosen))
