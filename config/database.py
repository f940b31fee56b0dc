"""The embedded PostgreSQL server: one per DAYBOOK_HOME."""

from pathlib import Path


class Embedded:
    def __init__(self, home: Path) -> None:
        self.url = f"postgres://daybook@127.0.0.1:1/{home.name}"
        self.owner_url = self.url

    def ensure_running(self) -> None: ...


def check_server(connection: object) -> list[str]:
    return []
