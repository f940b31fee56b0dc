"""Make a token worthless at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commands.access.models import Token


class Command(BaseCommand):
    help = (
        "Revoke a token by its id, the part between db_ and the next underscore.\n\n"
        "Example:\n  python manage.py revoke_token 3f9a0c1b2d4e"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID")

    def handle(self, *, id: str, **options: Any) -> None:
        token_id = id.removeprefix("db_").partition("_")[0]
        token = Token.objects.filter(id=token_id).first()
        if token is None:
            raise CommandError(f"There is no token {token_id!r}.")
        token.revoke()
        self.stdout.write(f"db_{token_id}_… is revoked.")
