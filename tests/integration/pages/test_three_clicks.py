"""Whatever there is can be reached by clicking, from the first page in three clicks or fewer."""

import pytest
from django.urls import get_resolver, resolve

from tests.examples.clicking import clicked, demo_ledger
from tests.integration.access.test_matrix import flattened

pytestmark = pytest.mark.django_db

CLICKS = 3
NOT_CLICKED = {
    "login": "where one begins",
    "language": "a button below each page",
    "corrections": "several rows of a list in the admin, by its action",
    "search-accounts": "asked by scripts as one types",
    "see-notification": "a button beside what is new",
    "healthz": "for whoever watches over it",
    "readyz": "for whoever watches over it",
    "metrics": "for whoever watches over it",
    "schema": "for programs; the reference links to it",
    "end-tour": "on the demo ledger, a button of the tour",
    "tour": "on the demo ledger, to begin it again",
}
"""Pages that nobody clicks for, and why."""


@pytest.fixture
def demo():
    return demo_ledger()


def reached(client):
    """The names of all pages that are so many clicks away."""
    return {resolve(path.partition("?")[0]).url_name for path, _ in clicked(client, CLICKS)}


def pages():
    """The names of the product's own pages."""
    found = flattened(get_resolver().url_patterns)
    return {each.name for path, each in found if not path.startswith(("admin/", "api/"))}


def test_every_page_is_at_most_three_clicks_from_the_first(demo):
    missing = pages() - reached(demo) - NOT_CLICKED.keys()
    assert not missing, missing


def test_nothing_that_is_clicked_is_said_not_to_be(demo):
    unclicked = NOT_CLICKED.keys() - {"login", "language", "schema", "end-tour", "see-notification"}
    assert reached(demo) & unclicked == set()
