"""What all forms of the ledger read alike: texts as they are given, and amounts."""

from django.utils.translation import gettext as _

from commands.engine import readable
from commands.engine.forms import Body, Texts
from commands.engine.parsing import MAX_DIGITS
from commands.ledger.state import Account
from eventstore.localized import from_text


def given(texts: Texts, *names: str) -> Body:
    """A body of these texts, without those that are empty."""
    return Body({name: texts[name] for name in names if texts.get(name)})


def money(minor: int, account: Account) -> str:
    """An amount as people read it, in the account's decimals."""
    return readable.decimal(minor, account.exponent, account.currency)


def put(body: Body, name: str, text: str, exponent: int | None, *, least: int = 1) -> None:
    """Put a decimal into a body as minor units; an exponent of None takes it as it stands."""
    if not text:
        return
    try:
        minor = from_text(text, exponent)
        if minor < least:
            raise ValueError(_("An amount is more than zero."))
        if minor >= 10**MAX_DIGITS:
            raise ValueError(_("An amount has at most {most} digits.").format(most=MAX_DIGITS))
        body.data[name] = str(minor)
    except ValueError as error:
        body.wrong[f"/{name}"] = str(error)


def naming(account: object, texts: Texts) -> str:
    """The field that names an account; empty where none does."""
    return next((name for name in ("from", "to", "payee") if texts.get(name) == account), "")


def is_number(text: str) -> bool:
    """Whether this is a whole number that is not out of all measure."""
    return text.isascii() and text.isdigit() and len(text) < 10
