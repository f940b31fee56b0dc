"""The published test suite of another event-sourcing library, passed by our store."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from django.test import TransactionTestCase
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests import persistence as theirs

from tests.examples.foreign_store import AggregatesOnly, ForeignStore


class Texts:
    """Streams are named by texts instead of UUIDs."""

    def new_originator_id(self):
        return f"order {uuid4()}"


class TestAggregates(theirs.AggregateRecorderTestCase, TransactionTestCase):
    def create_recorder(self):
        return AggregatesOnly()


class TestAggregatesNamedByTexts(Texts, TestAggregates):
    pass


class TestApplication(theirs.ApplicationRecorderTestCase, TransactionTestCase):
    def create_recorder(self):
        return ForeignStore()

    def test_insert_subscribe(self):
        self.optional_test_insert_subscribe()

    def test_a_hundred_appenders_at_once(self):
        """Beyond their ten: each waits for the position lock in its turn, and none is lost."""
        recorder = ForeignStore()

        def insert(_):
            ids = [self.new_originator_id() for _ in range(2)]
            return recorder.insert_events([StoredEvent(i, 1, "topic", b"state") for i in ids])

        with ThreadPoolExecutor(max_workers=100) as executor:
            written = [position for pair in executor.map(insert, range(100)) for position in pair]
        self.assertEqual(sorted(written), list(range(1, 201)))


class TestApplicationNamedByTexts(Texts, TestApplication):
    pass


class TestTracking(theirs.TrackingRecorderTestCase, TransactionTestCase):
    def create_recorder(self):
        return ForeignStore()


class TestProcess(theirs.ProcessRecorderTestCase, TransactionTestCase):
    def create_recorder(self):
        return ForeignStore()


class TestPositions(theirs.NonInterleavingNotificationIDsBaseCase, TransactionTestCase):
    insert_num = 300

    def create_recorder(self):
        return ForeignStore()
