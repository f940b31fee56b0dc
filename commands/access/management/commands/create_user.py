"""Make a user who can log in."""

import getpass
import sys
import warnings
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from commands.access.models import User
from eventstore.reporting import ReportingCommand

UNASKED = (
    "There is no terminal to ask for the password: give --password-stdin, and the password as the "
    "first line of standard input."
)


class Command(ReportingCommand):
    help = (
        "Make a user. Groups: view (sees everything), operate (opens accounts and posts), "
        "force, close. The password is asked for at the terminal.\n\n"
        "Examples:\n"
        "  python manage.py create_user sam --group operate\n"
        "  python manage.py create_user sam --password-stdin < password.txt"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--group", action="append", default=[], help="may be repeated")
        parser.add_argument("--email", default="")
        parser.add_argument("--staff", action="store_true", help="may open the admin")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="the first line of the input is the password",
        )

    def handle(
        self, *, name: str, group: list[str], email: str, staff: bool, **options: Any
    ) -> None:
        groups = list(Group.objects.filter(name__in=group))
        unknown = set(group) - {each.name for each in groups}
        if unknown:
            known = ", ".join(Group.objects.order_by("name").values_list("name", flat=True))
            raise CommandError(
                f"There is no group {', '.join(sorted(unknown))}; there are {known}."
            )
        user = User(username=name, email=email, is_staff=staff)
        try:
            # What speaks against the name is said before anybody types a password.
            user.full_clean(exclude=["password"])
            user.set_password(_password(user, from_input=options["password_stdin"]))
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            user.save()
            user.groups.set(groups)
        facts = {"id": user.id, "name": name, "email": email, "staff": staff}
        facts["groups"] = sorted(each.name for each in groups)
        said = f"{name} can log in; the id is {user.id}."
        self.report(said, facts, as_json=options["json"])


def _password(user: User, *, from_input: bool) -> str:
    """What somebody gave as this user's password.

    Raises:
        CommandError: there is none, or nobody to ask.
        ValidationError: it is soon guessed.
    """
    password = sys.stdin.readline().rstrip("\n") if from_input else _asked()
    validate_password(password, user)
    if not password:
        raise CommandError("A password is needed.")
    return password


def _asked() -> str:
    """What is typed at the terminal; elsewhere it would be shown as it is typed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass()
        except getpass.GetPassWarning:
            raise CommandError(UNASKED) from None
