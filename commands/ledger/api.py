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


class ReverseTransfer(CommandView):
    command = "reverse_transfer"

    def names(self, address: Mapping[str, str]) -> dict[str, str]:
        return {"transfer": str(address["id"])}


class ChangeOverdraftLimit(AccountCommand):
    command = "change_overdraft_limit"


class FreezeAccount(AccountCommand):
    command = "freeze_account"


class UnfreezeAccount(AccountCommand):
    command = "unfreeze_account"


class CloseAccount(AccountCommand):
    command = "close_account"


class ReopenAccount(AccountCommand):
    command = "reopen_account"


class PlaceHold(AccountCommand):
    command = "place_hold"


class HoldCommand(AccountCommand):
    """A command whose address is a hold's."""

    def names(self, address: Mapping[str, str]) -> dict[str, str]:
        return {**super().names(address), "hold": str(address["id"])}


class CaptureHold(HoldCommand):
    command = "capture_hold"


class ReleaseHold(HoldCommand):
    command = "release_hold"


class CloseBooks(CommandView):
    command = "close_books"


class SetAlert(AccountCommand):
    command = "set_alert"


class SetSweep(AccountCommand):
    command = "set_sweep"


class PlaceStandingOrder(CommandView):
    command = "place_standing_order"


class CancelStandingOrder(CommandView):
    command = "cancel_standing_order"

    def names(self, address: Mapping[str, str]) -> dict[str, str]:
        return {"order": str(address["id"])}
