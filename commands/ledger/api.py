"""Writes over HTTP."""

from collections.abc import Mapping

from commands.engine.api import CommandView
from eventstore.events.ledger import account_stream


class OpenAccount(CommandView):
    command = "open_account"


class AccountCommand(CommandView):
    """A command whose address is an account's."""

    def names(self, address: Mapping[str, str]) -> dict[str, str]:
        return {"account": address["code"]}

    def guarded(self, address: Mapping[str, str]) -> str:
        return account_stream(address["code"])


class ChangeAccountDetails(AccountCommand):
    command = "change_account_details"


class PostTransfer(CommandView):
    command = "post_transfer"
