"""Make a token for the API and print it, once."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from commands.access.models import BEGINNING, NAME, SCOPES, Token, User
from eventstore.records import timestamp
from eventstore.reporting import ReportingCommand

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Command(ReportingCommand):
    help = (
        "Make a token and print it, alone or as a part of JSON; it is shown this once.\n\n"
        "Example:\n  python manage.py create_token sam --name export --scope read --expires 90d"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--scope", action="append", choices=SCOPES, help="may be repeated")
        parser.add_argument("--name", default="", help="what it is for, in lists of tokens")
        parser.add_argument("--prefix", default="", help="only accounts whose codes begin so")
        parser.add_argument(
            "--expires", help="after 90d (m, h, d, w), or on a date like 2027-01-31"
        )

    def handle(
        self,
        *,
        user: str,
        scope: list[str] | None,
        name: str,
        prefix: str,
        expires: str | None,
        **options: Any,
    ) -> None:
        owner = User.objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user!r}; make one with create_user.")
        if not re.match(BEGINNING, prefix):
            raise CommandError(f"--prefix {prefix!r}: no account's code begins so.")
        if not Token.is_name(name):
            raise CommandError(f"--name {name!r}: a name has at most {NAME} letters, all visible.")
        expires_at = None if expires is None else _moment(expires)
        about: dict[str, Any] = {"name": name, "scopes": scope or [], "prefix": prefix}
        id_ = Token.new_id()
        text = Token.issue(owner, id=id_, **about, expires_at=expires_at)
        ends = expires_at and timestamp(expires_at)
        facts = {"token": text, "id": id_, "user": user, **about, "expires_at": ends}
        self.report(text, facts, as_json=options["json"])


def _moment(text: str) -> datetime:
    """When a token ends: a duration from now, or the beginning of a day in UTC."""
    duration = re.fullmatch(r"(?!0+\D)([0-9]{1,5})([mhdw])", text)
    if duration:
        return timezone.now() + timedelta(**{_UNITS[duration[2]]: int(duration[1])})
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"--expires {text!r} is neither like 90d nor like 2027-01-31.") from None
    if moment <= timezone.now():
        raise CommandError(f"--expires {text} has passed already.")
    return moment
