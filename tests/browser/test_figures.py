"""Amounts in tables are read at a glance: each on one line, on a screen of any width."""

import pytest

from tests.browser.conftest import fits, log_in, with_password
from tests.examples.asking import rich
from tests.examples.following import follow
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db(transaction=True)

RICH = "rich-with-a-name-that-would-like-to-have-the-whole-table"
LINES = """cells => cells.filter(cell => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  return new Set([...words.getClientRects()].map(each => Math.round(each.top))).size > 1;
}).map(cell => cell.innerText)"""
"""The texts of those among the cells that take more than one line."""


@pytest.mark.parametrize("width", [800, 1100])
def test_an_amount_stands_on_one_line(served, opened, width):
    with_password(SAM)
    rich(RICH, 9_999_999_999)
    follow()
    page = opened(viewport={"width": width, "height": 800})
    log_in(page, served.url, "sam")
    of_account = (f"/accounts/{RICH}", f"/accounts/{RICH}/why")
    for path in ("/", *of_account, "/balances/tree", "/trial-balance"):
        page.goto(served.url + path)
        assert page.locator("td.figure", has_text="99,999,999.99").count(), path
        assert page.eval_on_selector_all("td.figure .sum", LINES) == [], path
        assert fits(page), path
