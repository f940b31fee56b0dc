"""How texts, sizes and times are told on a terminal."""

import pytest

from eventstore.terminal import harmless, size, span


def test_what_others_wrote_cannot_steer_a_terminal():
    assert harmless("Ada\x1b[2J\u202e – café") == "Ada�[2J� – café"


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2e9, "2.0 GB"), (1.5e15, "1,500.0 TB")],
)
def test_a_size_is_said_in_the_unit_in_which_it_is_read(octets, said):
    assert size(octets) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (60, "1:00 min"),
        (7_500, "2:05 h"),
        (172_799, "47:59 h"),
        (172_800, "2 days"),
    ],
)
def test_a_time_is_said_as_people_do(seconds, said):
    assert span(seconds) == said
