"""Who is decided next, and who waits for whom."""

from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread

import pytest

from commands.engine.decider import Touches
from commands.engine.outcomes import Group, Submission, held_key
from commands.engine.waiting import SPLIT, Queue, Waiting
from tests.examples.connections import until
from tests.examples.people import SAM


@dataclass(frozen=True)
class Touching:
    """A command that touches these streams."""

    streams: Touches

    def touches(self):
        return self.streams


def changing(*streams, reads="", key=None):
    """A caller who waits for a command that changes these streams."""
    command = Touching(Touches(changes=streams, reads=tuple(reads)))
    asked = Submission(command=command, name="touch", principal=SAM.principal, key=key)
    return Waiting(asked, Future())


@pytest.fixture
def queue():
    return Queue(limit=6, batch=3)


def put(queue, *several):
    assert not queue.put(*several)
    return several


def test_what_waits_is_one_batch_in_the_order_in_which_it_came(queue):
    one, two = put(queue, changing("a"), changing("a", "b"))
    assert queue.take() == [one, two]


def test_a_batch_has_a_greatest_size(queue):
    one, two, three, four = put(queue, *(changing("a") for _ in range(4)))
    first = queue.take()
    assert first == [one, two, three]
    queue.done(first)
    assert queue.take() == [four]


def test_what_waits_is_parted_between_two_who_can_decide_it_at_once():
    queue = Queue(limit=100, batch=64)
    several = put(queue, *(changing(str(n)) for n in range(SPLIT)))
    assert queue.take() == list(several[: SPLIT // 2])
    assert queue.take() == list(several[SPLIT // 2 :])


def test_what_waits_for_one_stream_is_not_parted():
    queue = Queue(limit=100, batch=64)
    several = put(queue, *(changing("hot", str(n)) for n in range(SPLIT)))
    assert queue.take() == list(several)


def test_few_that_wait_are_not_parted():
    queue = Queue(limit=100, batch=64)
    several = put(queue, *(changing(str(n)) for n in range(SPLIT - 1)))
    assert queue.take() == list(several)


def test_no_stream_is_changed_in_two_batches_at_a_time(queue):
    put(queue, changing("a"))
    first = queue.take()
    blocked, free = put(queue, changing("a", "b"), changing("c"))
    assert queue.take() == [free]
    queue.done(first)
    assert queue.take() == [blocked]


def test_nobody_overtakes_one_who_waits_for_the_same_stream(queue):
    put(queue, changing("a"))
    first = queue.take()
    blocked, behind, free = put(queue, changing("a", "b"), changing("b"), changing("c"))
    assert queue.take() == [free]
    queue.done(first)
    assert queue.take() == [blocked, behind]


def test_two_batches_may_read_one_stream_but_not_while_it_is_changed(queue):
    put(queue, changing("a", reads="r"))
    reading = queue.take()
    changer, another = put(queue, changing("r"), changing("b", reads="s"))
    assert queue.take() == [another]
    queue.done(reading)
    assert queue.take() == [changer]
    put(queue, changing("c", reads="r"), fine := changing("d"))
    assert queue.take() == [fine]


def test_those_who_are_passed_over_keep_out_changes_but_no_reads_of_what_they_read(queue):
    put(queue, changing("a"))
    first = queue.take()
    blocked, reader, changer = put(
        queue, changing("a", reads="r"), changing("b", reads="r"), changing("r")
    )
    assert queue.take() == [reader]
    queue.done(first)
    assert queue.take() == [blocked]
    queue.done([blocked])
    assert changer.modes == {"r": "UPDATE"}


def test_a_key_is_in_one_batch_at_a_time(queue):
    put(queue, changing("a", key="k"))
    first = queue.take()
    same, other = put(queue, changing("b", key="k"), changing("b", key="l"))
    queue.done(first)
    assert queue.take() == [same, other]


def test_what_others_hold_is_set_aside_and_keeps_nobody_waiting(queue):
    held, fine = put(queue, changing("a", "b"), changing("b"))
    batch = queue.take()
    assert queue.done(batch, aside=[held], held=["a"]) == []
    later, also = put(queue, changing("a"), changing("b"))
    assert queue.take() == [also]
    assert queue.held() == {"a": "UPDATE"}
    queue.free(["a"])
    queue.done([also])
    assert queue.take() == [held, later]
    assert fine in batch


def test_a_stream_is_held_for_those_only_who_need_it(queue):
    (held,) = put(queue, changing("a"))
    queue.done(queue.take(), aside=[held], held=["a"])
    assert queue.withdraw(held)
    looking = Thread(target=queue.held)
    looking.start()
    (next_,) = put(queue, changing("a"))
    assert until(queue.take) == [next_]
    queue.done([next_])
    queue.close()
    looking.join()


def test_a_key_that_others_decide_is_set_aside_too(queue):
    (held,) = put(queue, changing("a", key="k"))
    name = held_key(SAM.id, "k")
    queue.done(queue.take(), aside=[held], held=[name])
    assert queue.held() == {name: "UPDATE"}
    (free,) = put(queue, changing("a"))
    assert queue.take() == [free]


def test_beyond_the_limit_there_is_no_place_also_beside_those_set_aside(queue):
    held, *_ = put(queue, *(changing("a") for _ in range(3)))
    queue.done(queue.take(), aside=[held], held=["a"])
    put(queue, *(changing("b") for _ in range(5)))
    assert queue.put(changing("c"))
    assert queue.withdraw(held)
    assert not queue.put(changing("c"))


def test_one_who_gave_up_is_not_decided_and_one_who_is_decided_cannot_give_up(queue):
    gone, decided = put(queue, changing("a"), changing("a"))
    assert queue.withdraw(gone)
    assert queue.take() == [decided]
    assert not queue.withdraw(decided)


def test_one_whose_time_is_up_is_given_back_rather_than_set_aside(queue, settings):
    settings.DAYBOOK_COMMAND_DEADLINE = 0
    (late,) = put(queue, changing("a"))
    assert queue.done(queue.take(), aside=[late], held=["a"]) == [late]


def test_a_closed_queue_takes_nothing_in_and_is_drained(queue):
    (waiting,) = put(queue, changing("a"))
    queue.close()
    assert queue.put(changing("b"))
    batch = queue.take()
    assert batch == [waiting]
    second = Thread(target=queue.take)
    second.start()
    queue.done(batch, aside=[waiting], held=["a"])
    assert queue.held() == {"a": "UPDATE"}
    assert second.is_alive()
    queue.withdraw(waiting)
    second.join()
    assert (queue.take(), queue.held()) == ([], {})


def test_what_one_reads_and_another_changes_is_looked_out_for_as_changed(queue):
    several = put(queue, changing("a"), changing("b", reads="a"))
    assert queue.take() == list(several)
    queue.done(several, aside=several, held=["a"])
    assert queue.held() == {"a": "UPDATE"}


def grouped(count):
    items = tuple(changing("a").asked for _ in range(count))
    return Waiting(Submission(command=Group(items), name="bulk", principal=SAM.principal), Future())


def test_the_commands_of_a_group_count_one_by_one(queue):
    assert not queue.put(grouped(4))
    refused = grouped(3)
    assert queue.put(refused, small := grouped(2)) == [refused]
    assert queue.withdraw(small)
    assert not queue.put(grouped(2))


def test_a_group_that_is_larger_than_any_queue_is_taken_by_an_empty_one(queue):
    assert not queue.put(large := grouped(50))
    assert queue.put(changing("b"))
    queue.done(queue.take())
    assert not queue.put(changing("b"))
    assert large.size == 50
