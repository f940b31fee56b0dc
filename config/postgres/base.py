"""The one thing changed: before the first connection, the embedded server is made to run."""

from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base

from config.home import CannotStart


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to a server that runs; one that cannot be started does not answer."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if settings.EMBEDDED:
            try:
                settings.EMBEDDED.ensure_running()
            except CannotStart as error:
                raise OperationalError(str(error)) from error
        return super().get_new_connection(conn_params)
