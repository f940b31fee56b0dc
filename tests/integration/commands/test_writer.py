"""The writer: what waits is decided together, and nobody waits for what is not theirs."""

import asyncio
import gc
from contextlib import suppress

import pytest
from django.db import connection, transaction

from commands.engine import writer
from commands.engine.dispatch import dispatch
from commands.engine.errors import Busy
from commands.engine.models import Request
from commands.engine.outcomes import Outcome
from eventstore.errors import InvalidEvent
from eventstore.store import lock
from projections.engine.differences import differences
from projections.engine.projector import projections
from projections.ledger.models import Balance
from tests.examples.asking import asking, rich
from tests.examples.connections import KEY_LOCK, InThread, another_connection, blocked, until
from tests.examples.ledger import open_account, pay
from tests.examples.worlds import again

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def working(settings):
    """The writer of this process, with an account that has something and two that have not."""
    settings.DAYBOOK_COMMAND_DEADLINE = 20
    rich("ann", 500)
    rich("bob", 0)
    rich("cat", 0)
    yield writer.start()
    writer.stop()


def decided(*asked):
    """What comes of requests that one turn of an event loop asks for."""

    async def ask():
        calls = (writer.adispatch(each) for each in asked)
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(ask())


def transactions(*asked):
    """How many transactions stored the outcomes of these requests."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT xmin::text) FROM {Request._meta.db_table} WHERE id = ANY(%s)",
            [[each.id for each in asked]],
        )
        return cursor.fetchone()[0]


def statuses(outcomes):
    return [each.status if isinstance(each, Outcome) else type(each).__name__ for each in outcomes]


def posted(code):
    return Balance.objects.get(account=code).posted


def test_what_an_event_loop_asks_for_at_once_is_one_transaction():
    asked = [asking(pay("ann", "bob", 1)) for _ in range(100)]
    assert statuses(decided(*asked)) == ["succeeded"] * 100
    assert transactions(*asked) == 1
    assert posted("bob") == 100
    assert [found for each in projections() for found in differences(each)] == []


def test_a_lone_command_waits_for_no_company(monkeypatch):
    def wait(*_):
        raise AssertionError("it is to be decided at once")

    dispatch(asking(pay("ann", "bob", 1)))  # By now the writer's threads have begun.
    with monkeypatch.context() as patch:
        patch.setattr("time.sleep", wait)
        assert dispatch(asking(pay("ann", "bob", 1))).succeeded


def test_a_stream_is_decided_in_the_order_in_which_it_was_asked_for():
    asked = [open_account("dan"), pay("ann", "dan", 5), pay("dan", "bob", 6), pay("dan", "bob", 5)]
    found = decided(*map(asking, asked))
    assert statuses(found) == ["succeeded", "succeeded", "refused", "succeeded"]


def test_a_thread_waits_for_the_same_writer():
    asked = [asking(pay("ann", "bob", 1)) for _ in range(8)]
    with transaction.atomic():
        lock("account-bob")
        waiting = [InThread(lambda each=each: dispatch(each)) for each in asked]
        until(blocked("transactionid"), "the first of them")
    assert statuses(each.result() for each in waiting) == ["succeeded"] * 8
    assert posted("bob") == 8


def test_what_the_log_cannot_keep_costs_its_neighbours_nothing():
    asked = [asking(pay("ann", "bob", 1)) for _ in range(9)]
    asked[5] = asking(pay("ann", "bob", 1, description="\0"))
    found = decided(*asked)
    assert isinstance(found.pop(5), InvalidEvent)
    assert statuses(found) == ["succeeded"] * 8
    assert posted("bob") == 8


def test_two_callers_of_one_key_share_what_came_of_the_first():
    first = asking(pay("ann", "bob", 5), key="k")
    one, other = decided(first, again(first))
    assert (one.replayed, other.replayed) == (False, True)
    assert (one.request, one.body) == (other.request, other.body)
    assert posted("bob") == 5


def test_a_row_that_others_hold_keeps_those_alone_waiting_who_need_it(settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 1.5
    stuck = [asking(pay("ann", "bob", 1)) for _ in range(3)]
    with transaction.atomic():
        lock("account-bob")
        held = InThread(lambda: decided(*stuck))
        until(blocked("transactionid"), "those that wait")
        for _ in range(20):
            assert statuses(decided(asking(pay("ann", "cat", 1)))) == ["succeeded"]
        assert statuses(held.result()) == ["Busy"] * 3
        assert not Request.objects.filter(id__in=[each.id for each in stuck]).exists()
    assert statuses(decided(*map(again, stuck))) == ["succeeded"] * 3
    assert (posted("bob"), posted("cat")) == (3, 20)


def test_those_set_aside_are_decided_once_the_row_is_free():
    stuck = [asking(pay("ann", "bob", n)) for n in (1, 2)]
    with transaction.atomic():
        lock("account-bob")
        held = InThread(lambda: decided(*stuck))
        until(blocked("transactionid"), "those that wait")
        assert statuses(decided(asking(pay("ann", "cat", 1)))) == ["succeeded"]
    assert statuses(held.result()) == ["succeeded"] * 2


def test_a_key_that_another_process_decides_is_in_progress_at_the_deadline(settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0.3
    asked = asking(pay("ann", "bob", 5), key="k")
    with another_connection() as other:
        other.execute(KEY_LOCK, [asked.principal.user, "k"])
        found, free = decided(asked, asking(pay("ann", "cat", 1)))
        assert (found.http_status, found.answer["code"]) == (409, "in-progress")
        assert free.status == "succeeded"
    assert not Request.objects.filter(id=asked.id).exists()


def test_a_key_is_decided_once_the_other_process_let_go_of_it():
    asked = asking(pay("ann", "bob", 5), key="k")
    with another_connection() as other:
        other.execute(KEY_LOCK, [asked.principal.user, "k"])
        waiting = InThread(lambda: decided(asked))
        assert statuses(decided(asking(pay("ann", "cat", 1)))) == ["succeeded"]
    assert statuses(waiting.result()) == ["succeeded"]


def test_beyond_the_limit_one_is_told_at_once_to_come_again(settings):
    writer.stop()
    settings.DAYBOOK_QUEUE_LIMIT = 2
    with transaction.atomic():
        lock("account-bob")
        waiting = InThread(lambda: decided(*(asking(pay("ann", "bob", 1)) for _ in range(2))))
        until(blocked("transactionid"), "those that wait")
        until(lambda: statuses(decided(asking(pay("ann", "cat", 1)))) == ["Busy"], "a full queue")
        with pytest.raises(Busy):
            dispatch_outside(asking(pay("ann", "cat", 1)))
        many = (asking(pay("ann", "cat", 1)) for _ in range(500))
        assert statuses(decided(*many)) == ["Busy"] * 500
        gc.collect()
        kept = [each for each in gc.get_objects() if type(each) is writer.Waiting]
        assert len(kept) <= 2
    assert statuses(waiting.result()) == ["succeeded"] * 2


def dispatch_outside(asked):
    """Dispatch in a thread that is in no transaction."""
    return InThread(lambda: dispatch(asked)).result()


def test_a_caller_who_goes_away_does_not_stop_the_command():
    asked = asking(pay("ann", "bob", 5), key="k")

    async def hang_up():
        call = asyncio.ensure_future(writer.adispatch(asked))
        await asyncio.wait([call], timeout=0)  # One turn of the loop: it is asked for.
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call

    asyncio.run(hang_up())
    found = dispatch(again(asked))
    assert (found.status, found.request, posted("bob")) == ("succeeded", asked.id, 5)


def test_the_command_of_a_caller_who_went_away_keeps_its_deadline(settings):
    writer.stop()
    settings.DAYBOOK_QUEUE_LIMIT, settings.DAYBOOK_COMMAND_DEADLINE = 1, 2

    async def hang_up_and_ask_again():
        call = asyncio.ensure_future(writer.adispatch(asking(pay("ann", "bob", 1))))
        await asyncio.to_thread(until, blocked("transactionid"), "the one that waits")
        call.cancel()
        async with asyncio.timeout(20):
            while True:
                with suppress(Busy):
                    return await writer.adispatch(asking(pay("ann", "cat", 1)))
                await asyncio.wait([call], timeout=0.01)

    with transaction.atomic():
        lock("account-bob")
        assert asyncio.run(hang_up_and_ask_again()).succeeded
    assert (posted("bob"), posted("cat")) == (0, 1)


def test_told_to_stop_it_decides_what_waits_and_takes_nothing_more(working):
    with transaction.atomic():
        lock("account-bob")
        waiting = InThread(lambda: decided(asking(pay("ann", "bob", 1))))
        until(blocked("transactionid"), "the one that waits")
        ending = InThread(writer.stop)
        until(lambda: not writer.is_running(), "the end")
    assert statuses(waiting.result()) == ["succeeded"]
    ending.result()
    late = writer.Waiting(asking(pay("ann", "bob", 1)), writer.Future())
    working.ask(late)
    assert isinstance(late.future.result(0), Busy)
