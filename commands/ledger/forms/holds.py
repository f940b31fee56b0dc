"""Forms about holds: how much, for how long, for whom."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commands.engine.forms import Body, Texts
from commands.ledger.forms.fields import given, is_number, put
from commands.ledger.messages import LONGEST_HOLD
from commands.ledger.state import Account, Hold
from eventstore.localized import to_editable_text

SPANS = (
    ("", gettext_lazy("Never: until somebody ends it")),
    ("3600", gettext_lazy("After an hour")),
    ("86400", gettext_lazy("After a day")),
    ("604800", gettext_lazy("After 7 days")),
    ("2592000", gettext_lazy("After 30 days")),
)
"""How long a hold usually lasts: seconds, and words for them."""
USUAL = "604800"
DAY = 24 * 60 * 60
"""Seconds."""
MOST_DAYS = LONGEST_HOLD // DAY


def holding(texts: Texts, account: Account) -> Body:
    """The body of place_hold; a number of days counts before the span that was chosen."""
    body = given(texts, "payee", "reference")
    put(body, "amount", texts.get("amount", ""), account.exponent)
    days, span = texts.get("days", ""), texts.get("expires_in", "")
    if days:
        if is_number(days) and 1 <= int(days) <= MOST_DAYS:
            body.data["expires_in"] = int(days) * DAY
        else:
            sentence = _("Write a whole number of days, 1 to {most}.")
            body.wrong["/days"] = sentence.format(most=MOST_DAYS)
    elif span:
        body.data["expires_in"] = int(span) if is_number(span) else span
    return body


def capture(hold: Hold, account: Account) -> Texts:
    """The texts of a capture of all that is left of a hold."""
    amount = to_editable_text(hold.remaining, account.exponent)
    return {"amount": amount, "final": "yes"} | ({} if hold.payee else {"payee": ""})


def capturing(texts: Texts, account: Account) -> Body:
    """The body of capture_hold; what is not its last capture leaves the rest on hold."""
    body = given(texts, "payee")
    body.data["final"] = bool(texts.get("final"))
    put(body, "amount", texts.get("amount", ""), account.exponent)
    return body
