"""Pairing lines of two sides: deterministic, as many pairs as there can be, in little time."""

from datetime import date, timedelta
from random import Random
from time import perf_counter

import pytest

from projections.ledger import foreign
from projections.ledger.foreign import Line, Unreadable, read
from projections.ledger.reconciling import paired

DAY = date(2026, 3, 10)


def line(place: int, days: int, amount: int, reference: str = "") -> Line:
    return Line(place, DAY + timedelta(days), amount, reference, "")


def outcome(theirs, ours, days=3):
    matched, near, missing, extra = paired(theirs, ours, days)
    return (
        [(pair.theirs.place, pair.ours.place) for pair in matched],
        [(pair.theirs.place, pair.ours.place) for pair in near],
        [each.place for each in missing],
        [each.place for each in extra],
    )


def test_what_is_on_both_sides_is_matched_and_the_rest_named():
    theirs = [line(2, 0, 100, "a"), line(3, 1, -50), line(4, 2, 7)]
    ours = [line(91, 0, 100, "a"), line(92, 1, -50, "x"), line(93, 2, 8)]
    assert outcome(theirs, ours) == ([(2, 91), (3, 92)], [], [4], [93])


def test_a_reference_decides_between_lines_of_one_day_and_amount():
    theirs = [line(2, 0, 100, "b"), line(3, 0, 100, "a")]
    ours = [line(91, 0, 100, "a"), line(92, 0, 100, "b")]
    assert outcome(theirs, ours)[0] == [(2, 92), (3, 91)]


def test_references_that_contradict_each_other_are_near_at_best():
    theirs, ours = [line(2, 0, 100, "inv-1")], [line(91, 0, 100, "inv-2")]
    assert outcome(theirs, ours) == ([], [(2, 91)], [], [])
    assert outcome(theirs, ours, 0) == ([], [(2, 91)], [], [])


@pytest.mark.parametrize(("said", "known"), [("", ""), ("a", ""), ("", "a")])
def test_where_a_side_has_no_reference_the_date_and_the_amount_are_enough(said, known):
    assert outcome([line(2, 0, 9, said)], [line(91, 0, 9, known)]) == ([(2, 91)], [], [], [])


def test_a_reference_a_few_days_away_comes_before_another_line_of_the_day():
    theirs = [line(2, 0, 9, "a"), line(3, 0, 9)]
    ours = [line(91, 0, 9), line(92, 0, 9, "b"), line(93, 2, 9, "a")]
    assert outcome(theirs, ours) == ([(3, 91)], [(2, 93)], [], [92])


def test_without_references_they_go_by_their_order():
    theirs = [line(3, 0, 100), line(2, 0, 100), line(4, 0, 100)]
    ours = [line(92, 0, 100), line(91, 0, 100)]
    assert outcome(theirs, ours) == ([(2, 91), (3, 92)], [], [4], [])


@pytest.mark.parametrize(("days", "is_near"), [(0, False), (2, False), (3, True), (9, True)])
def test_the_same_amount_a_few_days_away_is_near(days, is_near):
    found = outcome([line(2, 0, 100)], [line(91, 3, 100)], days)
    assert found == (([], [(2, 91)], [], []) if is_near else ([], [], [2], [91]))
    assert outcome([line(2, 3, 100)], [line(91, 0, 100)], days)[1] == found[1]


def test_near_ones_of_one_reference_come_before_those_of_another():
    theirs, ours = [line(2, 0, 9, "a")], [line(91, 1, 9, "b"), line(92, 3, 9, "a")]
    assert outcome(theirs, ours) == ([], [(2, 92)], [], [91])


def test_the_opposite_sign_is_another_amount():
    assert outcome([line(2, 0, 5)], [line(91, 0, -5)]) == ([], [], [2], [91])


def most_pairs(theirs, ours, days) -> int:
    """The size of a largest pairing by amount and nearness, found by augmenting paths."""
    taken: dict[int, int] = {}

    def placed(of: int, seen: set[int]) -> bool:
        for at, other in enumerate(ours):
            apart = abs((theirs[of].effective_on - other.effective_on).days)
            if theirs[of].amount == other.amount and apart <= days and at not in seen:
                seen.add(at)
                if at not in taken or placed(taken[at], seen):
                    taken[at] = of
                    return True
        return False

    return sum(placed(of, set()) for of in range(len(theirs)))


@pytest.mark.parametrize("seed", range(50))
def test_among_those_without_reference_as_few_as_possible_stay_alone(seed):
    draw = Random(seed)
    sides = [
        [line(n, draw.randint(0, 12), draw.randint(1, 2)) for n in range(draw.randint(0, 14))]
        for _ in range(2)
    ]
    # Those of one day are taken for each other first, whatever that costs: so only others here.
    days = {(each.amount, each.effective_on) for each in sides[0]}
    sides[1] = [each for each in sides[1] if (each.amount, each.effective_on) not in days]
    matched, near, missing, extra = paired(*sides, 3)
    assert len(matched) + len(near) == most_pairs(*sides, 3)
    assert len(missing) + len(near) + len(matched) == len(sides[0])
    assert len(extra) + len(near) + len(matched) == len(sides[1])
    for side in sides:
        draw.shuffle(side)
    assert paired(*sides, 3) == (matched, near, missing, extra), "their order is no matter"


def test_as_many_lines_as_a_file_may_have_are_no_trouble():
    draw = Random(1)
    many = foreign.MOST_LINES // 2
    sides = [[line(n, draw.randint(0, 300), 5) for n in range(many)] for _ in range(2)]
    started = perf_counter()
    paired(*sides, 3)
    assert perf_counter() - started < 20, "each line looked at each other would be an hour"


# --- files -----------------------------------------------------------------------------------

GOOD = "effective_on,amount,reference,description,balance\n"


def test_a_file_is_read_by_its_header():
    content = '\ufeffdescription, amount ,effective_on,nope\n"a, ""b""",-1.50,2026-03-10,x\n'
    assert read(content.encode(), 2) == [Line(2, DAY, -150, "", 'a, "b"')]
    assert read((GOOD + "2026-03-10,+2,r,,7.5\n").encode(), 2) == [Line(2, DAY, 200, "r", "", 750)]
    assert read(GOOD.encode(), 2) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must name the columns effective_on, amount"),
        (b"\xff\xfe", "not UTF-8"),
        (b"effective_on,amount\n\0", "NUL"),
        (b"date,amount\n", "lacks effective_on"),
        (b"effective_on,amount,amount\n", "names amount twice"),
        (b"effective_on,amount\n2026-03-10\n", "as many cells"),
        (b"effective_on,amount\n2026-03-10,1,2\n", "as many cells"),
        (b"effective_on,amount\n2026-02-30,1\n", "Line 2: '2026-02-30' is not a date"),
        (b"effective_on,amount\n20260310,1\n", "is not a date"),
        (b"effective_on,amount\n2026-03-10,1.234\n", "Line 2: '1.234' has more than 2 decimals"),
        (b"effective_on,amount\n2026-03-10,1e3\n", "is not an amount"),
        ("effective_on,amount\n2026-03-10,１\n".encode(), "is not an amount"),
        (b"effective_on,amount\n2026-03-10," + b"9" * 5_000, "is not an amount"),
        (b'effective_on,amount\n2026-03-10,"1\n', "It is not CSV"),
        (b"effective_on,amount\n" + b"x" * 200_000, "It is not CSV"),
    ],
)
def test_a_file_that_is_no_statement_is_refused_with_the_reason(content, said):
    with pytest.raises(Unreadable) as refused:
        read(content, 2)
    assert said in str(refused.value)


def test_it_says_what_is_wrong_with_the_first_few_lines_and_reads_no_more(monkeypatch):
    with pytest.raises(Unreadable) as refused:
        read((GOOD + "x,1,,,\n" * 1_000).encode(), 2)
    assert len(refused.value.sentences) == foreign.MOST_ERRORS
    monkeypatch.setattr(foreign, "MOST_LINES", 2)
    with pytest.raises(Unreadable, match="more than 2 lines"):
        read((GOOD + "2026-03-10,1,,,\n" * 3).encode(), 2)
