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

HEAD = ["In", "Out", "Balance"]


def table(client, path, step="Day"):
    """The lines of the charts' table."""
    found = rows(client, path)
    return found[found.index([step, *HEAD]) + 1 :]


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
    assert table(january, "/accounts/ann", "Month") == [
        ["2026-03", "0.00", "0.50", "5.50"],
        ["2026-02", "0.00", "0.00", "6.00"],
        ["2026-01", "10.00", "4.00", "6.00"],
    ]
    html = section(january, "/accounts/ann")
    assert html.count('role="img"') == 2
    assert "<title>2026-01: 10.00 EUR in, 4.00 EUR out</title>" in html
    assert "It was 5.50 EUR at the last." in html
    assert ">Balance at the end of each month<" in html
    assert html.count('class="chart-in"') == 1
    assert html.count('class="chart-out"') == 2
    assert " style=" not in html


def test_few_days_stand_each_for_itself_and_in_the_table_those_with_entries(january):
    follow()
    assert table(january, "/accounts/ann") == [
        ["2026-01-13", "0.00", "1.00", "6.00"],
        ["2026-01-11", "0.00", "1.00", "7.00"],
        ["2026-01-10", "0.00", "1.00", "8.00"],
        ["2026-01-09", "0.00", "1.00", "9.00"],
        ["2026-01-05", "10.00", "0.00", "10.00"],
    ]
    html = section(january, "/accounts/ann")
    assert "The balance at the end of each day:" in html
    assert ">Balance at the end of each day<" in html
    assert ">In and out by day<" in html
    assert "month" not in html
    assert "2026-01-05 to 2026-01-13; the table below has the figures." in html
    assert "<title>2026-01-12: 7.00 EUR</title>" in html
    assert "<title>2026-01-09: 0.00 EUR in, 1.00 EUR out</title>" in html
    assert len(re.findall('class="chart-level"', html)) == 2 * 9
    assert html.count('class="chart-out"') == 4


def test_days_are_written_as_the_language_of_the_page_writes_them(january):
    follow()
    january.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    html = section(january, "/accounts/ann")
    assert ">Saldo am Ende jedes Tages<" in html
    assert "<title>13.01.2026: 6,00 EUR</title>" in html
    assert '<th scope="row">13.01.2026</th>' in html
    assert ">05.01.2026</text>" in html


def test_what_raises_a_debit_balance_comes_in(january):
    ask(open_account("till", normal_balance="debit"))
    ask(pay("till", "bob", 300, effective_on=DAY))
    ask(pay("bob", "till", 100, effective_on=DAY))
    follow()
    assert table(browser(SAM), "/accounts/till") == [["2026-01-10", "3.00", "1.00", "2.00"]]


def test_a_balance_below_zero_hangs_below_the_ground(january):
    follow()
    assert table(browser(SAM), "/accounts/world") == [["2026-01-05", "0.00", "10.00", "−10.00"]]
    html = section(browser(SAM), "/accounts/world")
    assert ">−10.00 EUR</text>" in html


def test_who_looks_is_told_when_the_worker_is_behind(january):
    follow()
    assert "is yet to be counted" not in text(january, "/accounts/ann")
    ask(pay("ann", "bob", 50, effective_on=DAY))
    assert "what was posted since is yet to be counted" in text(january, "/accounts/ann")
    assert table(january, "/accounts/ann")[0] == ["2026-01-13", "0.00", "1.00", "6.00"]


def test_as_of_another_time_there_are_none(january):
    follow()
    for query in ("as_of=2026-01-10", "at_position=5"):
        assert "Over time" not in text(january, f"/accounts/ann?{query}")


def test_of_many_months_the_last_are_shown_with_what_was_before(january, monkeypatch):
    monkeypatch.setattr(charts, "MOST_MONTHS", 2)
    ask(pay("ann", "bob", 50, effective_on=DAY + timedelta(60)))
    follow()
    assert [row[0] for row in table(january, "/accounts/ann", "Month")] == [
        "2026-03", "2026-02",
    ]  # fmt: skip
    assert len(re.findall('class="chart-level"', section(january, "/accounts/ann"))) == 4


def test_a_figure_that_has_no_room_is_marked_by_its_first_digits(january):
    ask(pay("world", "bob", 987 * 10**32, effective_on=DAY))
    follow()
    html = section(browser(SAM), "/accounts/bob")
    assert ">9.87 × 10^32 EUR</text>" in html
    assert ">−9.87 × 10^32 EUR</text>" in section(browser(SAM), "/accounts/world")
    assert text(browser(SAM), "/accounts/bob").count("987,000,000,000,000") >= 2
