"""What people say of a token that they make for themselves."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from commands.access.models import BEGINNING, NAME, Token
from commands.access.principal import Principal

SCOPES = {
    "read": "Read all that you may see, but for the log of events",
    "write": "Write: ask for transfers, and for whatever else you may",
    "events:read": "Read the log of events",
}
"""Each scope in words."""

LASTS = {"7": "In 7 days", "30": "In 30 days", "90": "In 90 days", "365": "In a year"}
NEVER = "never"


def scopes_of(principal: Principal) -> dict[str, str]:
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
        max_length=NAME,
        help_text="What it is for, such as “Nightly export”: you will know it by that.",
    )
    scopes = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="With none of them ticked it may do all that you may.",
    )
    under = forms.RegexField(
        BEGINNING,
        required=False,
        label="Only accounts whose codes begin with",
        help_text="A beginning such as shop: alone. Left out, it is for all that you may see.",
        error_messages={
            "invalid": "A code has at most 200 of the small letters a to z, digits and _ . : -"
        },
    )
    expires = forms.ChoiceField(
        choices=[*LASTS.items(), (NEVER, "Never")],
        initial="90",
        help_text="After that it opens nothing; make another before.",
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
            raise forms.ValidationError("All letters of a name can be seen: leave out the others.")
        return name

    def clean_expires(self) -> datetime | None:
        """The moment at which it ends; None for never."""
        chosen: str = self.cleaned_data["expires"]
        return None if chosen == NEVER else timezone.now() + timedelta(days=int(chosen))
