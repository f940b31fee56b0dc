"""What `manage.py doctor` says of the database, and of what stands between."""

import socket
import threading
from contextlib import closing

import psycopg
import pytest
from django.db import OperationalError, connection

from config import doctor
from config.doctor import server
from tests.examples.doctor import examined, looked_at

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_that_does_not_answer_is_a_problem_and_hides_nothing(monkeypatch):
    def fails():
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", fails)
    lines = examined()
    assert lines["database"]["says"] == "it does not answer: connection refused"
    assert set(lines) == {"production", "disk", "database"}


def test_tables_of_other_code_are_left_alone(monkeypatch):
    monkeypatch.setattr(server, "missing_migrations", lambda: ["2 migrations are missing: run …"])
    lines = examined()
    assert lines["migrations"]["state"] == "problem"
    assert "balances" not in lines


def test_what_cannot_be_looked_at_is_a_problem_of_its_own(monkeypatch):
    def log():
        raise OperationalError("permission denied")
        yield

    monkeypatch.setattr(doctor, "AT_THE_TABLES", (log, *doctor.AT_THE_TABLES))
    lines = [(line.name, line.says) for line in doctor.examine()]
    assert ("log", "it cannot be looked at: permission denied") in lines
    assert [says for name, says in lines if name == "balances"]


class Pooler:
    """Passes on what is said, but names a server process of its own, as transaction poolers do."""

    def __init__(self, folder, port):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.behind = f"{folder}/.s.PGSQL.{port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            behind = socket.socket(socket.AF_UNIX)
            behind.connect(self.behind)
            for source, to in ((client, behind), (behind, client)):
                threading.Thread(target=self.pass_on, args=(source, to), daemon=True).start()

    def pass_on(self, source, to):
        with closing(to):
            try:
                while said := source.recv(65_536):
                    to.sendall(self.renamed(said))
            except OSError:
                return

    @staticmethod
    def renamed(said):
        """With another number in BackendKeyData, if that is what is said."""
        at = said.find(b"K\0\0\0\x0c")
        return said if at < 0 else said[: at + 5] + b"\0\0\0\7" + said[at + 9 :]


@pytest.fixture
def pooler(settings):
    reach = connection.settings_dict
    direct = {name: reach[name] for name in ("HOST", "PORT")}
    between = Pooler(reach["HOST"], reach["PORT"])
    connection.close()
    reach |= {"HOST": "127.0.0.1", "PORT": str(between.port)}
    yield direct
    connection.close()
    reach |= direct
    between.server.close()


def test_a_pooler_is_seen_and_needs_a_way_around_it(pooler, settings):
    state, says, do = looked_at("pooler")
    assert (state, "nobody can be woken" in says) == ("warning", True)
    assert "DATABASE_SESSION_URL" in do
    of = connection.settings_dict
    about = {"dbname": of["NAME"], "user": of["USER"], "password": of["PASSWORD"]}
    settings.DATABASE_SESSION_URL = psycopg.conninfo.make_conninfo(
        host=pooler["HOST"], port=pooler["PORT"], **about
    )
    assert looked_at("pooler")[0] == "ok"
    settings.DATABASE_SESSION_URL = psycopg.conninfo.make_conninfo(
        host=of["HOST"], port=of["PORT"], **about
    )
    assert "DATABASE_SESSION_URL, too" in looked_at("pooler")[1]
