"""Forms about standing instructions: alerts, sweeps and standing orders."""

from commands.engine.decider import Principal
from commands.engine.forms import Body, Texts
from commands.ledger.forms.fields import given, put
from commands.ledger.forms.transfers import accounts
from commands.ledger.state import Account
from eventstore.localized import to_editable_text

ORDER = ("from", "to", "amount", "every", "first_on", "last_on", "description")
"""The fields of a standing order."""


def alert(account: Account) -> Texts:
    """The texts that say an account's alert; nothing is none."""
    low = account.low
    return {"low": "" if low is None else to_editable_text(low, account.exponent)}


def alerting(texts: Texts, account: Account) -> Body:
    """The body of set_alert; without an amount it is switched off."""
    body = Body({"low": None})
    put(body, "low", texts.get("low", ""), account.exponent, least=0)
    return body


def sweep(account: Account) -> Texts:
    """The texts that say an account's sweep; nothing is none."""
    if account.sweep is None:
        return {"above": "", "to": ""}
    return {
        "above": to_editable_text(account.sweep.above, account.exponent),
        "to": account.sweep.to,
    }


def sweeping(texts: Texts, account: Account) -> Body:
    """The body of set_sweep; with nothing in its fields it is switched off."""
    body = given(texts, "above", "to")
    if not body.data:
        body.data["above"] = None
    put(body, "above", texts.get("above", ""), account.exponent, least=0)
    return body


def ordering(texts: Texts, principal: Principal) -> Body:
    """The body of place_standing_order, its amount in the decimals of the payer.

    Where the payer is not to be seen, those of the payee will do: the rule refuses it anyway.
    """
    body = given(texts, *(name for name in ORDER if name != "amount"))
    seen = accounts(texts, principal)
    named = seen.get(texts.get("from", "")) or next(iter(seen.values()), None)
    put(body, "amount", texts.get("amount", ""), named.exponent if named else None)
    return body
