"""Make a token worthless at once."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from commands.access.models import Token
from eventstore.records import timestamp
from eventstore.reporting import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Revoke a token by its id, the part between db_ and the next underscore.\n\n"
        "Example:\n  python manage.py revoke_token 3f9a0c1b2d4e"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", metavar="ID")

    def handle(self, *, id: str, json: bool, **options: Any) -> None:
        token_id = id.removeprefix("db_").partition("_")[0]
        token = Token.objects.select_related("user").filter(id=token_id).first()
        if token is None:
            raise CommandError(f"There is no token {token_id!r}.")
        token.revoke()
        at = token.revoked_at and timestamp(token.revoked_at)
        facts = {"id": token_id, "user": token.user.username, "revoked_at": at}
        self.report(f"db_{token_id}_… is revoked.", facts, as_json=json)
