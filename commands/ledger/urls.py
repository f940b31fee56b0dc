"""The write side's addresses."""

from commands.ledger import api

routes = {
    "accounts": {"POST": api.OpenAccount.as_view()},
    "transfers": {"POST": api.PostTransfer.as_view()},
}
