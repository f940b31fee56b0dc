"""Appending, one caller at a time."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import orjson
import pytest
from django.db import DatabaseError, connection, transaction

from eventstore import heads
from eventstore.appending import write
from eventstore.errors import InvalidEvent
from eventstore.models import Event, Stream
from eventstore.records import unplaced
from eventstore.store import (
    ANY,
    EXISTS,
    Append,
    CheckpointConflict,
    DuplicateEventId,
    NewEvent,
    WrongExpectedVersion,
    advance,
    append,
    checkpoint,
    forget,
    latest_position,
    lock,
    read_all,
    read_stream,
    versions_at,
)
from tests.examples.toys import happen, toy

pytestmark = pytest.mark.django_db


def test_positions_count_from_one_and_versions_within_each_stream():
    events = append(
        Append("toy-a", [toy(n=1), toy(n=2)], 0),
        Append("toy-b", [toy(n=3)], 0),
        Append("toy-a", [toy(n=4)], 2),
    )
    assert [(e.position, e.stream, e.version, e.data["n"]) for e in events] == [
        (1, "toy-a", 1, 1), (2, "toy-a", 2, 2), (3, "toy-b", 1, 3), (4, "toy-a", 3, 4),
    ]  # fmt: skip
    assert read_all() == events
    assert Stream.objects.get(name="toy-a").version == 3


def test_nothing_to_append_is_a_no_op():
    assert append() == append(Append("toy-1", [], 7)) == []
    assert latest_position() == 0
    assert not Stream.objects.exists()


@pytest.mark.parametrize(
    ("expected", "exists", "fits"),
    [
        (0, False, True), (0, True, False), (1, True, True), (1, False, False), (2, True, False),
        (ANY, False, True), (ANY, True, True), (EXISTS, True, True), (EXISTS, False, False),
    ],
)  # fmt: skip
def test_the_stream_must_be_where_the_caller_expects_it(expected, exists, fits):
    if exists:
        happen("toy-1")
    before = latest_position()
    asked = Append("toy-0", [toy()], 0), Append("toy-1", [toy()], expected)
    if fits:
        assert len(append(*asked)) == 2
        return
    with pytest.raises(WrongExpectedVersion) as error:
        append(*asked)
    assert (error.value.stream, error.value.expected, error.value.actual) == (
        "toy-1", expected, int(exists),
    )  # fmt: skip
    assert latest_position() == before
    assert not Stream.objects.filter(name="toy-0").exists()


def test_an_events_id_is_in_the_log_once():
    event = toy()
    append(Append("toy-1", [event], ANY))
    for again in (Append("toy-2", [event], ANY),), (Append("toy-2", [other := toy(), other], ANY),):
        with pytest.raises(DuplicateEventId):
            append(*again)
    assert latest_position() == 1
    happen("toy-2")
    assert latest_position() == 2


def test_a_roll_back_leaves_no_hole():
    happen()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        happen()
        raise ZeroDivisionError
    assert [event.position for event in happen()] == [2]


def test_it_joins_the_callers_transaction_twice():
    with transaction.atomic():
        first, second = happen("toy-1"), happen("toy-2", count=2)
    assert [event.position for event in first + second] == [1, 2, 3]


def test_heads_may_be_locked_up_front():
    with transaction.atomic():
        assert lock("toy-b", "toy-a") == {"toy-a": 0, "toy-b": 0}
        happen("toy-a")
        assert lock("toy-a") == {"toy-a": 1}


@pytest.mark.parametrize(
    "value",
    [
        1.5, float("nan"), 2**53 + 1, -(2**53) - 1, 10**100, "\0", "a\0b", "\ud800", {1: 2},
        b"raw", UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC), {"a": [{"b": 0.0}]},
        "x" * 65_536,
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
@pytest.mark.parametrize("place", ["data", "metadata"])
def test_what_some_reader_could_not_read_back_is_refused(value, place):
    content = {"data": {}, "metadata": {}} | {place: {"value": value}}
    with pytest.raises(InvalidEvent):
        append(Append("toy-1", [NewEvent("toy.happened", **content)], ANY))
    assert latest_position() == 0


def test_eight_levels_are_kept_and_nine_refused():
    deep = {"leaf": 1}
    for _ in range(7):
        deep = {"in": deep}
    append(Append("toy-1", [NewEvent("toy.happened", deep)], ANY))
    with pytest.raises(InvalidEvent, match="8 levels"):
        append(Append("toy-1", [NewEvent("toy.happened", {"in": deep})], ANY))


def test_what_fits_comes_back_just_as_it_was():
    data = {
        "ü": "ö\n\t\"\\\u2028😀", "n": [0, -1, 2**53, -(2**53)], "b": [True, False, None], "": {},
    }  # fmt: skip
    append(Append("toy-1", [NewEvent("toy.happened", data, {"who": "me"})], ANY))
    (event,) = read_all()
    assert (event.data, event.metadata) == (data, {"who": "me"})


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "a\0b", "tab\t"])
def test_a_stream_has_a_printable_name(name):
    with pytest.raises(InvalidEvent):
        happen(name)


def test_events_are_read_by_stream_category_and_type_both_ways():
    happen("toy-1", 3)
    happen("game-1", 2)
    happen("toy-2", 1, type="toy.broken")
    positions = lambda events: [event.position for event in events]  # noqa: E731
    assert positions(read_stream("toy-1")) == [1, 2, 3]
    assert positions(read_stream("toy-1", after=1, upto=2)) == [2]
    assert positions(read_stream("toy-1", backward=True, limit=2)) == [3, 2]
    assert positions(read_all(category="toy")) == [1, 2, 3, 6]
    assert positions(read_all(category="toy", types=["toy.broken"])) == [6]
    assert positions(read_all(after=2, upto=5, limit=2)) == [3, 4]
    assert (latest_position(), latest_position(category="game")) == (6, 5)
    assert latest_position(category="none") == 0
    assert versions_at(["toy-1", "game-1", "none-1"], 4) == {"toy-1": 3, "game-1": 1}


def test_a_category_ends_at_the_first_hyphen():
    happen("toy-a-b")
    assert read_all(category="toy")
    assert not read_all(category="toy-a")


def test_a_checkpoint_only_moves_forward():
    assert checkpoint("reader") is None
    advance("reader", 5)
    for position in (5, 4):
        with pytest.raises(CheckpointConflict):
            advance("reader", position)
    advance("reader", 6)
    assert checkpoint("reader") == 6
    forget("reader")
    assert checkpoint("reader") is None


def test_a_digest_is_made_of_the_canonical_event_alone():
    (event,) = append(
        Append("toy-1", [NewEvent("toy.happened", {"b": 1, "a": "ü", "Z": None}, {"m": []})], ANY)
    )
    said = (
        f'{{"data":{{"Z":null,"a":"ü","b":1}},"id":"{event.id}","metadata":{{"m":[]}},'
        '"schema":1,"stream":"toy-1","type":"toy.happened","version":1}'
    )
    assert bytes(Event.objects.get().digest) == sha256(said.encode()).digest()


def test_each_append_is_sealed_onto_the_one_before_it():
    first = happen("toy-1", 2)
    second = happen("toy-2", 1)
    seal = bytes(32)
    for appended in (first, second):
        at = appended[-1].recorded_at - datetime(1970, 1, 1, tzinfo=UTC)
        microseconds = (at.days * 86_400 + at.seconds) * 1_000_000 + at.microseconds
        sealed = seal
        for number in (appended[0].position, appended[-1].position, microseconds):
            sealed += number.to_bytes(8, "big", signed=True)
        rows = Event.objects.filter(position__in=[e.position for e in appended])
        for row in rows.order_by("position"):
            sealed += bytes(row.digest)
        seal = sha256(sealed).digest()
        last = Event.objects.get(position=appended[-1].position)
        assert bytes(last.seal) == seal
    assert Event.objects.get(position=1).seal is None


def test_times_never_go_back():
    later = datetime(2100, 1, 1, tzinfo=UTC)
    happen()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE eventstore_event DISABLE TRIGGER eventstore_no_change")
        cursor.execute("UPDATE eventstore_event SET recorded_at = %s", [later])
        cursor.execute("ALTER TABLE eventstore_event ENABLE ALWAYS TRIGGER eventstore_no_change")
    assert happen()[0].recorded_at == later


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE eventstore_event SET type = 'other'",
        "DELETE FROM eventstore_event",
        "UPDATE eventstore_event SET type = 'other' WHERE false",
        "SET LOCAL session_replication_role = replica; DELETE FROM eventstore_event",
        "INSERT INTO eventstore_event SELECT * FROM eventstore_event"
        " ON CONFLICT (position) DO UPDATE SET type = 'other'",
    ],
)
def test_events_are_neither_changed_nor_deleted(statement):
    happen()
    # Only a superuser may switch triggers to replication, and even so these stay on.
    refused = pytest.raises(DatabaseError, match=r"never edited|permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert [event.type for event in read_all()] == ["toy.happened"]


def test_states_travel_with_their_heads():
    event = unplaced(toy(), "toy-1", 1, 1)
    lock("toy-1")
    write([event], states={"toy-1": heads.State('{"n": 1}', "code")})
    assert heads.cached_states() == [("toy-1", 1, heads.State('{"n": 1}', "code"))]


def test_a_log_is_kept_as_json_that_any_reader_understands():
    happen()
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text, metadata::text FROM eventstore_event")
        assert [orjson.loads(text) for text in cursor.fetchone()] == [{}, {}]
