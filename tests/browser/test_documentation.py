"""The API's documentation as a browser shows it: from our own files alone, under the CSP."""

import json

import pytest

from config.openapi import document
from projections.ledger.models import Balance
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.people import ANN

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def documentation(live_server, page):
    """The page; afterwards the browser has had nothing to say, and asked no other host."""
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/api/v1/docs/")
    page.locator(".opblock").first.wait_for()
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_it_shows_the_document_without_a_warning(documentation):
    assert documentation.get_by_text("OAS 3.1").count()
    assert documentation.get_by_text("Warning").count() == 0


def test_it_lists_every_operation(documentation):
    summaries = documentation.locator(".opblock-summary-description").all_inner_texts()
    assert sorted(summaries) == sorted(
        operation["summary"]
        for operations in document()["paths"].values()
        for operation in operations.values()
    )


def test_it_shows_the_examples_of_an_operation(documentation):
    documentation.locator("#operations-transfers-post_transfer").click()
    documentation.get_by_text("outside:bank").first.wait_for()
    assert documentation.get_by_text("insufficient-funds").count()


def test_who_is_logged_in_tries_it_out(live_server, page, documentation, client):
    rich("ann", 100, owner=ANN)
    client.force_login(user(ANN))
    session = client.cookies["sessionid"].value
    page.context.add_cookies(
        [{"name": "sessionid", "value": session, "url": live_server.url, "httpOnly": True}]
    )
    operation = page.locator("#operations-accounts-change_account_details")
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_placeholder("code").fill("ann")
    operation.get_by_placeholder("If-Match").fill("*")
    operation.get_by_placeholder("Idempotency-Key").fill("try-it-out")
    operation.locator("textarea.body-param__text").fill(json.dumps({"name": "Ann & Co"}))
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table").wait_for()
    assert Balance.objects.get(account="ann").name == "Ann & Co"
