"""The write side's addresses."""

import eventstore.converters  # noqa: F401
from commands.ledger import api

routes = {
    "accounts": {"POST": api.OpenAccount.as_view()},
    "accounts/<code:code>": {"PATCH": api.ChangeAccountDetails.as_view()},
    "transfers": {"POST": api.PostTransfer.as_view()},
}
