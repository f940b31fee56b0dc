"""Writes over HTTP."""

from commands.engine.api import CommandView


class OpenAccount(CommandView):
    command = "open_account"


class PostTransfer(CommandView):
    command = "post_transfer"
