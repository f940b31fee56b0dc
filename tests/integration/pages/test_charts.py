"""An account over time on its page: charts of what the worker has counted, and the same as text."""

import re
from datetime import timedelta

import pytest

from projections.ledger import charts
from tests.examples.asking import ask
from tests.examples.following import follow
from tests.examples.ledger import open_account, pay
from tests.examples.pages import browser, rows, text
from tests.examples.people import SAM
from tests.integration.pages.conftest import DAY

pytestmark = pytest.mark.django_db

HEAD = ["Month", "In", "Out", "Balance"]


def table(client, path):
    """The lines of the charts' table."""
    found = rows(client, path)
    return found[found.index(HEAD) + 1 :]


def section(client, path):
    html = client.get(path).content.decode()
    return html[html.index('<section class="figures">') :]


def test_there_are_none_before_anything_is_counted(january):
    assert "Over time" not in text(january, "/accounts/ann")
    follow()
    assert "Over time" in text(january, "/accounts/ann")


def test_months_have_what_came_in_and_went_out_and_the_balance_at_their_end(january):
    ask(pay("ann", "bob", 50, effective_on=DAY + timedelta(60)))
    follow()
    assert table(january, "/accounts/ann") == [
        ["2026-03", "0.00", "0.50", "5.50"],
        ["2026-02", "0.00", "0.00", "6.00"],
        ["2026-01", "10.00", "4.00", "6.00"],
    ]
    html = section(january, "/accounts/ann")
    assert html.count('role="img"') == 2
    assert "<title>2026-01: 10.00 EUR in, 4.00 EUR out</title>" in html
    assert "It was 5.50 EUR at the last." in html
    assert html.count('class="chart-in"') == 1
    assert html.count('class="chart-out"') == 2
    assert " style=" not in html


def test_what_raises_a_debit_balance_comes_in(january):
    ask(open_account("till", normal_balance="debit"))
    ask(pay("till", "bob", 300, effective_on=DAY))
    ask(pay("bob", "till", 100, effective_on=DAY))
    follow()
    assert table(browser(SAM), "/accounts/till") == [["2026-01", "3.00", "1.00", "2.00"]]


def test_a_balance_below_zero_hangs_below_the_ground(january):
    follow()
    assert table(browser(SAM), "/accounts/world") == [["2026-01", "0.00", "10.00", "−10.00"]]
    html = section(browser(SAM), "/accounts/world")
    assert ">−10.00 EUR</text>" in html


def test_who_looks_is_told_when_the_worker_is_behind(january):
    follow()
    assert "is yet to be counted" not in text(january, "/accounts/ann")
    ask(pay("ann", "bob", 50, effective_on=DAY))
    assert "what was posted since is yet to be counted" in text(january, "/accounts/ann")
    assert table(january, "/accounts/ann") == [["2026-01", "10.00", "4.00", "6.00"]]


def test_as_of_another_time_there_are_none(january):
    follow()
    for query in ("as_of=2026-01-10", "at_position=5"):
        assert "Over time" not in text(january, f"/accounts/ann?{query}")


def test_of_many_months_the_last_are_shown_with_what_was_before(january, monkeypatch):
    monkeypatch.setattr(charts, "MOST_MONTHS", 2)
    ask(pay("ann", "bob", 50, effective_on=DAY + timedelta(60)))
    follow()
    assert [row[0] for row in table(january, "/accounts/ann")] == ["2026-03", "2026-02"]
    assert len(re.findall('class="chart-level"', section(january, "/accounts/ann"))) == 4


def test_a_figure_that_has_no_room_is_marked_by_its_first_digits(january):
    ask(pay("world", "bob", 987 * 10**32, effective_on=DAY))
    follow()
    html = section(browser(SAM), "/accounts/bob")
    assert ">9.87 × 10^32 EUR</text>" in html
    assert ">−9.87 × 10^32 EUR</text>" in section(browser(SAM), "/accounts/world")
    assert text(browser(SAM), "/accounts/bob").count("987,000,000,000,000") >= 2
