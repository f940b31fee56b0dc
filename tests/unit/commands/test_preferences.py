"""The header Prefer (RFC 7240): what is known is followed, all else is ignored."""

import time

import pytest

from commands.engine.preferences import MAX_WAIT, preferences


@pytest.mark.parametrize(
    ("header", "road"),
    [
        (None, "awaited"),
        ("", "awaited"),
        ("respond-async", "queued"),
        ("Respond-Async", "queued"),
        ("respond-async, wait=5", "gateway"),
        ("respond-async,wait=5", "gateway"),
        ("wait = 5 , respond-async", "gateway"),
        ('respond-async; x="a,b;c\\"", wait="5"', "gateway"),
        ("handling=lenient, respond-async", "queued"),
        ('respond-async=""', "queued"),
        ("return=minimal; foo, respond-async ; bar = 1", "queued"),
        # What waits without being told to answer early is answered as ever.
        ("wait=5", "awaited"),
        # The first of two counts.
        ("respond-async, wait=0, wait=5", "queued"),
        # What is malformed or unknown is ignored, and nothing beside it.
        ("respond-async=yes", "awaited"),
        ("respond-async, wait=soon", "queued"),
        ("respond-async, wait=-5", "queued"),
        ("respond-async, wait=5.5", "queued"),
        ("respond-async, wait=٥", "queued"),
        ("respond-async, wait=99999999999999999999", "queued"),
        ('"respond-async"', "awaited"),
        ("respond async", "awaited"),
        (",,, respond-async ,,", "queued"),
        ('respond-async, wait="5', "queued"),
        ("=, ;, respond-async", "queued"),
        ('"' * 5000, "awaited"),
        ("\x00é", "awaited"),
    ],
)
def test_it_names_the_road(header, road):
    assert preferences(header).road == road


@pytest.mark.parametrize(
    "header", ["a" + "; " * 4_000 + "@", '"' + '\\"' * 4_000, "a=" * 4_000, ",;" * 4_000, "; " * 30]
)
def test_whatever_it_says_costs_nobody_anything(header):
    began = time.process_time()
    assert preferences(header).road == "awaited"
    assert time.process_time() - began < 0.1


def test_nobody_waits_for_ever():
    assert preferences("respond-async, wait=3600").wait == MAX_WAIT
    assert preferences("respond-async, wait=3600").applied(in_time=True) == f"wait={MAX_WAIT}"


def test_it_says_what_was_followed():
    assert preferences("wait=5").applied(in_time=True) == ""
    later = preferences("respond-async")
    assert (later.applied(in_time=False), later.applied(in_time=True)) == ("respond-async", "")
    both = preferences("respond-async, wait=5")
    assert (both.applied(in_time=True), both.applied(in_time=False)) == ("wait=5", "respond-async")
