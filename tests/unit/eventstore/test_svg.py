"""Charts: what they draw, and that nothing in them is taken for markup."""

import re
from xml.etree import ElementTree

import pytest

from eventstore.svg import Column, Row, bars, duration, flows, levels, spans, stacked

HOSTILE = "<script>\"&'</script>"


def parsed(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)


def test_columns_are_stacked_to_their_sum():
    chart = parsed(stacked("T", "D", [Column("a", [3, 1], "4"), Column("b", [0, 2], "2")], "xy"))
    drawn = [
        (each.get("class"), each.get("x"), float(each.get("height", 0)))
        for each in chart.iter("rect")
    ]
    assert [(kind, x) for kind, x, _ in drawn] == [
        ("chart-x", "5.00%"), ("chart-y", "5.00%"), ("chart-y", "55.00%"),
    ]  # fmt: skip
    x, y, other = (height for _, _, height in drawn)
    assert (x / y, other / y) == pytest.approx((3, 2), rel=0.01)


def test_bars_are_as_long_as_their_values():
    chart = parsed(bars("T", "D", [Row("a", [4], "4"), Row("b", [1], "1")]))
    lengths = [
        each.get("width") for each in chart.iter("rect") if each.get("class") == "chart-refused"
    ]
    assert lengths == ["100.00%", "25.00%"]


def test_what_flows_in_stands_upon_the_ground_and_what_flows_out_hangs_below_it():
    columns = [Column("a", [3, 1], ""), Column("b", [0, 2], "")]
    chart = parsed(flows("T", "D", columns, ("in", "out"), str))
    (ground,) = [float(e.get("y1")) for e in chart.iter("line") if e.get("class") == "chart-axis"]
    drawn = [
        (each.get("class"), float(each.get("y")), float(each.get("height")))
        for each in chart.iter("rect")
    ]
    (_, top, height), (_, low, one), (_, other, two) = drawn
    assert [kind for kind, _, _ in drawn] == ["chart-in", "chart-out", "chart-out"]
    assert (low, other, top + height) == pytest.approx((ground,) * 3, abs=0.1)
    assert (height / one, two / one) == pytest.approx((3, 2), rel=0.01)
    assert [each.text for each in chart.iter("text")][:2] == ["3", "-2"]


@pytest.mark.parametrize("size", [1, 10**60])
def test_a_level_is_as_high_as_its_value_however_large_that_is(size):
    values = [2 * size, -size, 0]
    chart = parsed(levels("T", "D", [Column("a", [each], "") for each in values], lambda n: ""))
    heights = [
        float(each.get("y1"))
        for each in chart.iter("line")
        if each.get("class") == "chart-level" and each.get("x1") != each.get("x2")
    ]
    (ground,) = [float(e.get("y1")) for e in chart.iter("line") if e.get("class") == "chart-axis"]
    above, below, zero = (ground - each for each in heights)
    assert (above / below, zero) == pytest.approx((-2, 0), abs=0.01)
    rises = [e for e in chart.iter("line") if e.get("x1") == e.get("x2")]
    assert [float(e.get("y2")) for e in rises] == heights


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([5, 8], [("8", 12), ("0", 171)]),
        ([-5, -8], [("0", 12), ("-8", 171)]),
        ([10, -10, 4], [("10", 12), ("0", 112), ("-10", 171)]),
        ([-10, 10, -4], [("10", 12), ("0", 93), ("-10", 171)]),
        ([1, -20, 4], [("4", 12), ("0", 60), ("-20", 171)]),
        ([-1, 40], [("40", 12), ("0", 167.2), ("-1", 171)]),
        ([0, 0], [("0", 12)]),
    ],
)
def test_a_chart_of_levels_tells_its_highest_its_lowest_and_zero_where_it_is_not_crossed(
    values, words
):
    chart = parsed(levels("T", "D", [Column("", [each], "") for each in values], str))
    found = [(each.text, float(each.get("y"))) for each in chart.iter("text") if each.text]
    assert found == [(word, pytest.approx(y, abs=0.1)) for word, y in words]


def test_a_span_has_a_mark_at_each_value_by_its_logarithm():
    chart = parsed(spans("T", "D", [Row("a", [1, 10, 1000], "")]))
    marks = sorted(float(each.get("cx", "").rstrip("%")) for each in chart.iter("circle"))
    assert marks == pytest.approx([1, 1 + 98 / 3, 99], abs=0.01)
    assert [each.text for each in chart.iter("text")][1:] == ["1 ms", "10 ms", "100 ms", "1 s"]


@pytest.mark.parametrize(
    "chart",
    [
        stacked(HOSTILE, HOSTILE, [Column(HOSTILE, [1], HOSTILE)], ["x"]),
        bars(HOSTILE, HOSTILE, [Row(HOSTILE, [1], HOSTILE)]),
        spans(HOSTILE, HOSTILE, [Row(HOSTILE, [1, 1, 1], HOSTILE)]),
        flows(HOSTILE, HOSTILE, [Column(HOSTILE, [1, 1], HOSTILE)], ("x", "y"), lambda n: HOSTILE),
        levels(HOSTILE, HOSTILE, [Column(HOSTILE, [-1], HOSTILE)], lambda n: HOSTILE),
        *(stacked("T", "D", [], ["x"]), bars("T", "D", []), spans("T", "D", [])),
        *(flows("T", "D", [], ("x", "y"), str), levels("T", "D", [], str)),
    ],
)
def test_it_is_a_picture_with_a_title_whatever_its_words_are(chart):
    found = parsed(chart)
    assert found.get("role") == "img"
    named = [found.find("title").get("id"), found.find("desc").get("id")]
    assert found.get("aria-labelledby").split() == named
    assert not re.search(r"<script| style=| on\w+=", chart)


def test_no_more_words_stand_below_than_there_is_room_for():
    chart = parsed(spans("T", "D", [Row("a", [0.05, 1, 10**9], "")]))
    assert len(list(chart.iter("text"))) <= 8


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [(0.0501, "0.0501 ms"), (3.14159, "3.14 ms"), (999, "999 ms"), (61_000, "61 s"),
     (600_000, "10 min"), (7_200_000, "2 h"), (864_000_000, "10 d")],
)  # fmt: skip
def test_a_time_is_told_in_the_unit_that_suits_it(milliseconds, said):
    assert duration(milliseconds) == said
