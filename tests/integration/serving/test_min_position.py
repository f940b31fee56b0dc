"""Reading one's own write in what the worker keeps, over sockets: the read waits for the worker."""

import json
from functools import partial

import pytest

from eventstore.store import latest_position
from projections.engine.follow import catch_up
from projections.ledger.projectors import daily_totals
from tests.examples.asking import ask
from tests.examples.connections import InThread, another_connection, until
from tests.examples.ledger import pay
from tests.examples.serving import threads, working

pytestmark = pytest.mark.django_db(transaction=True)

DAYS, ACTIVITY = "/api/v1/accounts/ann/days", "/api/v1/activity"
SPARE = 4
"""Threads of the pool that had nothing to do yet."""
MANY = 30
"""More than a server has threads."""
LISTENING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(query, 'LISTEN "daybook_projections_')"""


def asked_of(sql):
    with another_connection() as other:
        (found,) = other.execute(sql).fetchone()
    return found


def told(client, address):
    """The answer of a worker that may still have to start: till then one is to ask again."""
    answers = []

    def asked():
        answers.append(client.ask("GET", address))
        return answers[-1].status != 503

    until(asked, "the worker to come there")
    return answers[-1]


def test_after_a_write_its_position_is_waited_for_and_seen(sam):
    with working():
        for amount in (1, 2, 3):
            body = {"from": "ann", "to": "world", "amount": amount}
            written = json.loads(sam.ask("POST", "/api/v1/transfers", body).content)
            position = written["request"]["position"]
            read = told(sam, f"{DAYS}?min_position={position}")
            (day,) = json.loads(read.content)["days"]
            assert read.status == 200
            assert int(read.headers["Daybook-Position"]) >= position
            assert day["debits"] == str(sum(range(amount + 1)))


def test_so_is_that_of_what_happened(sam):
    with working():
        for amount in (1, 2, 3):
            body = {"from": "ann", "to": "world", "amount": amount}
            written = json.loads(sam.ask("POST", "/api/v1/transfers", body).content)["request"]
            read = told(sam, f"{ACTIVITY}?limit=2&min_position={written['position']}")
            found = json.loads(read.content)["activity"]
            assert [(each["request"], each["amount"]) for each in found] == [
                (written["id"], str(amount))
            ] * 2


def test_who_waits_holds_no_thread_and_is_answered_when_the_worker_has_come_there(
    served, clients, sam
):
    ask(pay("ann", "world", 1))
    head, before = latest_position(), threads(served.pid)
    address = f"{DAYS}?min_position={head}"
    callers = [clients() for _ in range(MANY)]
    waiting = [InThread(partial(each.ask, "GET", address)) for each in callers]
    until(lambda: asked_of(LISTENING), "the first to wait")
    assert sam.ask("GET", "/api/v1/accounts/ann").status == 200
    assert threads(served.pid) <= before + SPARE
    assert sum(each.is_alive() for each in waiting) == MANY
    while catch_up(daily_totals):
        pass
    for each in waiting:
        answer = each.result()
        assert (answer.status, int(answer.headers["Daybook-Position"])) == (200, head)


def test_when_nobody_works_it_is_told_to_ask_again(sam):
    ask(pay("ann", "world", 1))
    answer = sam.ask("GET", f"{DAYS}?min_position={latest_position()}")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert json.loads(answer.content)["code"] == "view-behind"
