"""The page of patterns, and the same in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse

from commands.engine import patterns
from tests.examples.history import HOUR, decided, insert_history
from tests.examples.pages import browser, read, rows, text
from tests.examples.people import ANN, SAM, VIC
from tests.integration.admin.windows import listed, staff

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/requests/patterns"
DAY = f"?since={HOUR:%Y-%m-%dT%H:%M}&until={HOUR + timedelta(hours=2):%Y-%m-%dT%H:%M}"


@pytest.fixture
def some():
    refused = {"status": "refused", "code": "insufficient-funds", "principal": SAM.id}
    insert_history(
        [decided(HOUR, took=10, accounts=["ann", "bob"]) for _ in range(1_200)]
        + [decided(HOUR + timedelta(minutes=61, seconds=n), **refused) for n in range(12)]
        + [decided(HOUR, status="refused", code="cancelled", queued=True)]
    )
    patterns.catch_up(lambda reached, settled: None)


def test_every_figure_of_a_chart_stands_in_a_table(some):
    browser(SAM)
    page = rows(browser(VIC), PATH + DAY)
    first, second = (f"{HOUR + timedelta(hours=n):%b %d, %H:%M}" for n in (0, 1))
    assert [first, "1200", "0", "0", "1"] in page
    assert [second, "0", "12", "0", "0"] in page
    assert ["Insufficient funds", "12"] in page
    assert ["ann", "1200"] in page
    (took,) = [row for row in page if row[0] == "Post transfer"]
    assert took[1:] == ["1212", "10.3 ms", "10.3 ms", "10.3 ms"]
    (burst,) = [row for row in page if row[0] == "sam"]
    assert burst[3:] == ["12", "insufficient-funds"]


def test_its_charts_are_pictures_that_say_what_they_show(some):
    html = browser(VIC).get(PATH + DAY).content.decode()
    assert html.count('<svg class="chart" role="img"') == 3
    for kind in ("stacked", "spans", "bars"):
        assert f'aria-labelledby="chart-{kind}-title chart-{kind}-desc"' in html
        assert f'<title id="chart-{kind}-title">' in html
    assert " style=" not in html


def test_many_days_are_shown_by_days(some):
    since = HOUR - timedelta(days=4)
    page = rows(browser(VIC), f"{PATH}?since={since:%Y-%m-%dT%H:%M}")
    assert [f"{HOUR:%b %d}", "1200", "12", "0", "1"] in page or HOUR.hour == 23


def test_a_time_without_requests_says_so(some):
    assert "Nothing was asked in this time." in text(browser(VIC), PATH)
    assert "Nothing was refused in this time." not in text(browser(VIC), PATH + DAY)


def test_before_anything_is_counted_it_says_so():
    assert "Nothing is counted yet" in text(browser(VIC), PATH)


@pytest.mark.parametrize("query", ["?since=x", "?since=2020-01-01T00:00", "?nope=1", "?until=%00"])
def test_an_odd_query_is_said_to_be_wrong(query):
    answer = browser(VIC).get(PATH + query)
    assert answer.status_code == 200
    assert 'class="wrong"' in answer.content.decode()


def test_it_is_linked_for_those_who_may_see_it():
    assert f'href="{PATH}"' in browser(VIC).get("/requests/").content.decode()
    assert f'href="{PATH}"' not in browser(ANN).get("/requests/").content.decode()
    assert browser(ANN).get(PATH).status_code == 403


def test_the_admin_shows_the_same(some):
    vic, address = staff(VIC), reverse("admin:commands_request_patterns")
    assert address in vic.get(listed("commands_request")).content.decode()
    assert "Insufficient funds" in read(vic.get(address + DAY).content.decode())
    assert staff(ANN).get(address).status_code == 403
    assert browser(SAM).get(address).status_code == 302
