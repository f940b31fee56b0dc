"""The published test suite of another event-sourcing library, passed by our store."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from django.db import transaction
from django.test import TransactionTestCase
from eventsourcing.persistence import StoredEvent, Tracking
from eventsourcing.tests import persistence as theirs

from eventstore.store import ANY, Append, NewEvent, advance, append
from tests.examples.connections import InThread, blocked, until
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

    def test_it_stops_from_another_thread_while_it_waits(self):
        recorder, seen = ForeignStore(), []
        with recorder.subscribe() as subscription:
            waiting = InThread(lambda: [seen.append(event.id) for event in subscription])
            recorder.insert_events([StoredEvent(self.new_originator_id(), 1, "topic", b"state")])
            until(lambda: seen, "the event")
            subscription.stop()
            waiting.result()
        self.assertEqual(seen, [1])

    def test_it_takes_interleaved_events_of_new_streams_in_their_order(self):
        one, other = self.new_originator_id(), self.new_originator_id()
        events = [StoredEvent(i, v, "topic", b"") for i, v in ((one, 1), (other, 1), (one, 2))]
        recorder = ForeignStore()
        self.assertEqual(recorder.insert_events(events), [1, 2, 3])
        self.assertEqual(recorder.select_events(one), [events[0], events[2]])

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

    def test_it_tracks_before_it_appends(self):
        """Whoever holds the position lock and then wants a checkpoint deadlocks with consumers."""
        advance("upstream", 1)
        event = StoredEvent(self.new_originator_id(), 1, "topic", b"state")
        with transaction.atomic():
            advance("upstream", 2)
            other = InThread(
                lambda: ForeignStore().insert_events([event], tracking=Tracking("upstream", 3))
            )
            until(blocked("transactionid"), "waiting for the checkpoint")
            append(Append("toy-1", [NewEvent("toy.happened", {})], ANY))
        self.assertEqual(other.result(), [2])


class TestProcessNamedByTexts(Texts, TestProcess):
    pass


class TestPositions(theirs.NonInterleavingNotificationIDsBaseCase, TransactionTestCase):
    def create_recorder(self):
        return ForeignStore()
