"""Whatever somebody does to the log who may do everything: `verify` finds it, and says where."""

from string import Template

import pytest

from tests.examples.forging import forge, redigest, reseal
from tests.examples.verifying import verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

SET = "UPDATE eventstore_event SET"
COPY = (
    "INSERT INTO eventstore_event SELECT {}, stream, {}, type, schema, data, metadata,"
    " gen_random_uuid(), recorded_at, digest, NULL FROM eventstore_event WHERE position = $middle"
)
SHIFT = (
    f"{SET} position = position + 1000 WHERE position $which",
    f"{SET} position = position - 1000 + $by WHERE position > 1000",
)


def test_a_log_that_was_left_alone_shows_nothing():
    assert verify() == {}


def one_event(change):
    return [f"{SET} {change} WHERE position = $middle"]


def shifted(which, by):
    return [Template(each).safe_substitute(which=which, by=by) for each in SHIFT]


WAYS = {
    "changed data": (one_event("data = data || '{\"amount\": \"1\"}'"), "digests", "$middle"),
    "added data": (one_event("data = data || '{\"more\": null}'"), "digests", "$middle"),
    "data nobody can read": (one_event("data = '{\"amount\": 1e400}'"), "digests", "$middle"),
    "changed metadata": (
        one_event("metadata = metadata || '{\"actor\": \"eve\"}'"), "digests", "$middle"),
    "changed type": (one_event("type = 'ledger.account_credited'"), "digests", "$middle"),
    "changed schema": (one_event("schema = 2"), "digests", "$middle"),
    "changed id": (one_event("id = gen_random_uuid()"), "digests", "$middle"),
    "changed version": (one_event("version = 9"), "digests versions", "$middle"),
    "moved to another stream": (
        one_event("stream = 'account-world', version = 4"), "digests", "$middle"),
    "one event re-dated": (
        one_event("recorded_at = recorded_at + interval '1 microsecond'"), "seals", "$middle"),
    "one append re-dated in order": (
        [f"{SET} recorded_at = recorded_at + interval '1 microsecond'"
         " WHERE position BETWEEN $first AND $last"], "seals", "$last"),
    "all re-dated in order": (
        [f"{SET} recorded_at = recorded_at - interval '1 day'"], "seals", "1"),
    "dropped the first of an append": (
        ["DELETE FROM eventstore_event WHERE position = $first"], "positions", "$first"),
    "dropped one in the middle": (
        ["DELETE FROM eventstore_event WHERE position = $middle"], "positions", "$middle"),
    "dropped the last of an append": (
        ["DELETE FROM eventstore_event WHERE position = $last"], "positions", "$last"),
    "dropped a whole append": (
        ["DELETE FROM eventstore_event WHERE position BETWEEN $first AND $last"],
        "positions", "$first"),
    "dropped the log's first": (
        ["DELETE FROM eventstore_event WHERE position = 1"], "positions", "1"),
    "dropped the log's last": (
        ["DELETE FROM eventstore_event WHERE position = $end"], "versions", "account-cash"),
    "dropped one and closed the gap": (
        ["DELETE FROM eventstore_event WHERE position = $middle", *shifted("> $middle", "-1")],
        "seals", "$middle"),
    "inserted one in the middle": (
        [*shifted("> $middle", "1"), COPY.format("$middle + 1", "version + 100")],
        "seals", "$after"),
    "added one at the end": ([COPY.format("$end + 1", "version + 100")], "seals", "$behind"),
    "one twice": ([COPY.format("$end + 1", "version + 2")], "digests", "$behind"),
    "swapped two of an append": (
        [f"{SET} seal = (SELECT seal FROM eventstore_event WHERE position = $last)"
         " WHERE position = $middle",
         f"{SET} seal = NULL WHERE position = $last",
         f"{SET} position = 1000 WHERE position = $last",
         f"{SET} position = $last WHERE position = $middle",
         f"{SET} position = $middle WHERE position = 1000"], "seals", "$last"),
    "swapped two of two appends": (
        [f"{SET} position = 1000 WHERE position = $first",
         f"{SET} position = $first WHERE position = $after",
         f"{SET} position = $after WHERE position = 1000"], "seals", "$last"),
    "changed digest": (one_event("digest = sha256('x')"), "digests", "$middle"),
    "removed seal": ([f"{SET} seal = NULL WHERE position = $last"], "seals", "$after"),
    "removed all seals": ([f"{SET} seal = NULL"], "seals", "$end"),
    "removed the last seal": ([f"{SET} seal = NULL WHERE position = $end"], "seals", "$end"),
    "swapped seals": (
        [f"{SET} seal = (SELECT seal FROM eventstore_event other"
         " WHERE other.position = $last + $next - eventstore_event.position)"
         " WHERE position IN ($last, $next)"], "seals", "$last"),
    "another version of a head": (
        ["UPDATE eventstore_stream SET version = 9 WHERE name = 'account-bob'"],
        "versions", "account-bob"),
    "removed head": (
        ["DELETE FROM eventstore_stream WHERE name = 'account-cash'"], "versions", "$end"),
    "changed state": (
        ["UPDATE eventstore_stream SET state = replace(state, '143', '144')"
         " WHERE name = 'account-bob'"], "states", "account-bob"),
    "older state": (
        ["UPDATE eventstore_stream SET state_version = state_version - 1"
         " WHERE name = 'account-bob'"], "states", "account-bob"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_to_it_is_found_and_named(way, places):
    statements, checks, where = WAYS[way]
    numbers = {**places, "behind": places["end"] + 1}
    forge(*(Template(each).substitute(numbers) for each in statements))
    found, place = verify(), Template(where).substitute(numbers)
    for name in checks.split():
        expected = f"stream {place}" if place.startswith("account") else f"position {place}"
        assert expected in found[name], found


def test_an_event_with_a_new_digest_does_not_fit_its_seal(places):
    forge(f'{SET} data = data || \'{{"amount": "1"}}\' WHERE position = {places["middle"]}')
    redigest(places["middle"])
    found = verify("digests", "seals")
    assert found == {
        "seals": {
            f"position {places['last']}": "the seal does not fit positions "
            f"{places['first']} to {places['last']}, which it seals"
        }
    }


def test_a_new_seal_does_not_fit_the_next(places):
    forge(f'{SET} data = data || \'{{"amount": "1"}}\' WHERE position = {places["middle"]}')
    reseal(upto=places["last"])
    found = verify("digests", "seals")
    assert found.keys() == {"seals"}
    assert found["seals"].keys() == {f"position {places['next']}"}
