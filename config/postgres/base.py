"""The one thing changed: before the first connection, the embedded server is made to run."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if settings.EMBEDDED:
            settings.EMBEDDED.ensure_running()
        return super().get_new_connection(conn_params)
