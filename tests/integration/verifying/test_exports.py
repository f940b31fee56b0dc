"""The worker keeps heads of the log in a folder, one for each time and position."""

import logging

import pytest
from django.db import connection
from django.test import Client

from commands.engine import housekeeping
from eventstore import head, head_exports
from eventstore.head_exports import Exports, export
from eventstore.reading import latest_position
from tests.examples.asking import ask
from tests.examples.forging import cut, forge
from tests.examples.ledger import pay
from tests.examples.verifying import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("places")]

GAUGE = "daybook_head_unexported_seconds"


class Rounds:
    """Tells the worker to stop after so many rounds."""

    def __init__(self, many):
        self._left = many

    def is_set(self):
        return self._left <= 0

    def wait(self, timeout):
        self._left -= 1
        return self._left < 0


@pytest.fixture
def folder(settings, tmp_path):
    settings.DAYBOOK_HEADS_FOLDER = str(tmp_path / "heads")
    settings.DAYBOOK_HEADS_EVERY = 0
    (tmp_path / "heads").mkdir()
    return tmp_path / "heads"


def gauge():
    """The seconds that `/metrics` tells; None when it tells none."""
    lines = Client().get("/metrics").content.decode().splitlines()
    found = [float(line.split()[1]) for line in lines if line.startswith(GAUGE)]
    return found[0] if found else None


def test_the_worker_writes_a_head_that_names_its_time_and_position(folder):
    housekeeping.run(Rounds(1))
    now = head.current()
    (file,) = folder.iterdir()
    assert head.parse(file.read_text()) == now
    digits = now.recorded_at.translate(str.maketrans("", "", "-:"))
    assert file.name == f"public.{digits}.{now.position}.json"
    assert verify(against=[str(file)]) == {}


def test_a_log_that_stands_still_writes_nothing_and_nothing_is_written_over(folder):
    housekeeping.run(Rounds(3))
    (file,) = folder.iterdir()
    file.write_text("kept")
    housekeeping.run(Rounds(3))
    assert file.read_text() == "kept"
    ask(pay("bob", "ann", 1))
    housekeeping.run(Rounds(3))
    assert [each.name.split(".")[-2] for each in sorted(folder.iterdir())] == [
        file.name.split(".")[-2], str(latest_position()),
    ]  # fmt: skip


def test_what_was_cut_off_and_grown_again_has_a_file_of_its_own(folder, places):
    export(folder)
    cut(places["last"])
    while latest_position() < places["end"]:
        ask(pay("ann", "bob", 1))
    export(folder)
    first, second = sorted(folder.iterdir())
    assert verify(against=[str(second)]) == {}
    assert verify(against=[str(first)])


def test_it_waits_for_its_time(folder, settings, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(head_exports, "monotonic", lambda: clock[0])
    settings.DAYBOOK_HEADS_EVERY = 600
    exports = Exports()
    exports.when_due()
    ask(pay("bob", "ann", 1))
    for clock[0], files in ((699.9, 1), (700.0, 2), (1299.9, 2)):
        exports.when_due()
        assert len(list(folder.iterdir())) == files


def test_nothing_is_written_where_nobody_asked_for_it(tmp_path, settings):
    settings.DAYBOOK_HEADS_FOLDER = ""
    housekeeping.run(Rounds(1))
    assert gauge() is None


def test_an_empty_log_has_no_head_to_keep(folder):
    forge("DELETE FROM eventstore_event")
    export(folder)
    assert list(folder.iterdir()) == []


def test_what_cannot_be_written_is_logged_and_seen_and_ends_nothing(folder, caplog, monkeypatch):
    folder.rmdir()
    forge("UPDATE eventstore_event SET recorded_at = recorded_at - interval '1 hour'")
    with caplog.at_level(logging.ERROR):
        housekeeping.run(Rounds(2))
    assert caplog.text.count("The log's head is not exported: [Errno 2]") == 2
    assert gauge() > 3600
    folder.mkdir()
    housekeeping.run(Rounds(1))
    assert gauge() == 0


def test_a_last_event_without_a_seal_is_said(folder, caplog):
    forge(f"UPDATE eventstore_event SET seal = NULL WHERE position = {latest_position()}")
    with caplog.at_level(logging.ERROR):
        Exports().when_due()
    assert "has no seal: run verify" in caplog.text
    assert list(folder.iterdir()) == []


def test_the_seconds_begin_with_the_first_event_that_is_not_exported(folder):
    export(folder)
    ask(pay("bob", "ann", 1))
    assert 0 <= gauge() < 60
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM eventstore_checkpoint WHERE consumer = %s",
                       [head_exports.CONSUMER])  # fmt: skip
        assert cursor.fetchone() == (latest_position() - 3,)
