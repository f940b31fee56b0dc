"""What differs between two states is told value by value."""

from eventstore.differing import ABSENT, Change, changes


def test_what_is_equal_is_no_change():
    state = {"a": 1, "b": {"c": [1, 2]}}
    assert list(changes(state, dict(state))) == []


def test_a_value_deep_within_is_told_alone():
    before = {"name": "Ann", "holds": {"h1": {"remaining": 10, "payee": "bob"}}}
    after = {"name": "Ann", "holds": {"h1": {"remaining": 6, "payee": "bob"}}}
    assert list(changes(before, after)) == [Change(("holds", "h1", "remaining"), 10, 6)]


def test_what_comes_and_what_goes_is_told_as_a_whole():
    gone, come = {"remaining": 1}, {"remaining": 2}
    assert list(changes({"holds": {"h1": gone}}, {"holds": {"h2": come}})) == [
        Change(("holds", "h2"), ABSENT, come),
        Change(("holds", "h1"), gone, ABSENT),
    ]


def test_nothing_is_another_value_than_none():
    assert list(changes({}, {"owner": None})) == [Change(("owner",), ABSENT, None)]
    assert list(changes({"owner": None}, {"owner": False})) == [Change(("owner",), None, False)]
