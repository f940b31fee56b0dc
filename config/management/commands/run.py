"""Everything at once: what `make run` runs."""

import io
import os
import secrets
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from commands.access.models import Token, User
from commands.access.principal import SYSTEM
from config import demo
from config.management.commands.serve import check_port, seconds_to_stop
from config.startup import refuse_unfit_database
from config.supervisor import Supervisor

LOGIN = "demo"


class Command(BaseCommand):
    help = (
        "Prepare the database, make the demo ledger on the first start, and run the web server "
        "and the worker until Ctrl-C. On the demo ledger anybody may open a plain account of "
        "their own, unless DAYBOOK_SELF_SERVICE says otherwise.\n\n"
        "Example:\n  PORT=9000 python manage.py run"
    )

    def handle(self, **options: Any) -> None:
        check_port(settings.HOST, settings.PORT)
        refuse_unfit_database()
        call_command("migrate", verbosity=0, interactive=False)
        try:
            call_command("rebuild_projections", "--changed")
        except CommandError as error:  # The other tables are served, and pages say what is behind.
            self.stderr.write(str(error))
        if not User.objects.exclude(id=SYSTEM.user).exclude(username=LOGIN, password="").exists():
            self._first_start()
        else:
            self.stdout.write(f"Another token: python manage.py create_token {LOGIN}\n", ending="")
        if demo.is_here():
            os.environ.setdefault("DAYBOOK_SELF_SERVICE", "on")
        connection.close()
        host = f"[{settings.HOST}]" if ":" in settings.HOST else settings.HOST
        self.stdout.write(f"Daybook is at http://{host}:{settings.PORT}/   (Ctrl-C stops it)")
        self.stdout.flush()
        manage = [sys.executable, "-u", sys.argv[0]]
        children = [[*manage, "serve"], [*manage, "run_worker"]]
        Supervisor(children, self.stderr.write, patience=seconds_to_stop() + 1).run()

    def _first_start(self) -> None:
        """The demo ledger, somebody to log in as, and a token; the secrets are shown this once."""
        about = {"password": "", "is_staff": True, "is_superuser": True}
        # Without a password until all is there: whoever is stopped before begins again.
        user, _ = User.objects.get_or_create(username=LOGIN, defaults=about)
        call_command("demo", owner=LOGIN, stdout=io.StringIO())
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save()
        token = Token.issue(user, name="Made at the first start")
        self.stdout.write(f"Login:  {LOGIN}\nPassword:  {password}\nToken:  {token}\n", ending="")
