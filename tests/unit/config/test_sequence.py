"""Sequence diagrams: everything that is described is drawn, the same each time."""

import re
from xml.etree import ElementTree

import pytest

from config.roads.diagrams import DIAGRAMS
from config.roads.sequence import Box, Call, Diagram, End, Note, Work, answer, drawn, send

SVG = "{http://www.w3.org/2000/svg}"
SMALL = Diagram(
    "A < B & C",
    "What happens.",
    ["A", "B"],
    [
        Box("together", ["A", "B"], [Call("A", "B", "please"), answer("B", "A", "here")]),
        Work("A", [Call("A", "A", "think"), send("A", "B", "by the way")]),
        Note(["A", "B"], "Both of them."),
        End("B", "gone"),
    ],
)


def texts(root):
    return [each.text for each in root.iter(f"{SVG}text")]


def test_it_says_all_that_is_described():
    root = ElementTree.fromstring(drawn(SMALL))
    said = ["A", "B", "together", "please", "here", "think", "by the way", "Both of them.", "gone"]
    assert texts(root) == said
    assert root.find(f"{SVG}title").text == "A < B & C"
    assert root.find(f"{SVG}desc").text == "What happens."


def test_who_ended_has_no_lifeline_any_more():
    root = ElementTree.fromstring(drawn(SMALL))
    first, second = (line.attrib for line in root.findall(f"{SVG}line[@class='life']"))
    assert int(second["y2"]) < int(first["y2"])


def test_a_message_to_oneself_stays_on_the_paper():
    ones = [Call(name, name, "a step of one's own") for name in ("A", "B")]
    lines = drawn(Diagram("t", "s", ["A", "B"], ones))
    assert re.findall(r'class="said (after|before)"', lines) == ["after", "before"]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_nothing_lies_outside_of_the_paper(name):
    root = ElementTree.fromstring(drawn(DIAGRAMS[name]))
    width, height = int(root.get("width")), int(root.get("height"))
    for each in root.iter(f"{SVG}rect"):
        x, y = int(each.get("x", 0)), int(each.get("y", 0))
        assert 0 <= x <= x + int(each.get("width")) <= width
        assert 0 <= y <= y + int(each.get("height")) <= height
    for each in root.iter(f"{SVG}text"):
        assert 0 < int(each.get("x")) < width
        assert 0 < int(each.get("y")) < height
