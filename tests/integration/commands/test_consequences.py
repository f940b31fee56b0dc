"""What a request led to is drawn on its page, down to where it ends."""

import pytest

from commands.engine.consequences import tree
from commands.engine.models import Request
from commands.engine.reactions import reaction
from eventstore.events.ledger import AccountCredited, AccountOpened, id_of
from tests.examples.asking import ask
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM
from tests.examples.reacting import follow_all, only_those_of_this_test

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begun():
    """Whoever opens an account gets 1, of which 1 goes back, once."""
    with only_those_of_this_test():

        @reaction("bonus", AccountOpened)
        def welcome(happened):
            if happened.event.owner:
                yield pay("world", happened.event.code, 1, transfer=happened.new_id("bonus"))

        @reaction("back", AccountCredited)
        def give_back(happened):
            code = id_of(happened.recorded.stream)
            if code != "world":
                yield pay(code, "world", 1, transfer=happened.new_id("back"))

        ask(open_account("world", overdraft_limit=None))
        opened = ask(open_account("ann", owner=user(ANN).id), by=SAM)
        follow_all()
        yield Request.objects.get(id=opened.request)


def test_it_is_what_reactions_asked_for_and_what_came_of_that(begun):
    found = tree(begun)
    (first,) = found.led_to
    assert (found.root, first.reaction, first.event.type) == (
        None, "bonus", "ledger.account_opened",
    )  # fmt: skip
    (second,) = first.led_to
    assert (second.reaction, second.event.type) == ("back", "ledger.account_credited")
    assert (second.request.command, second.led_to) == ("post_transfer", [])
    assert tree(second.request).root == begun.id


def test_a_bulk_led_to_what_its_commands_led_to():
    opening = {"code": "bob", "name": "Bob", "currency": "EUR", "owner": str(user(ANN).id)}
    sent = {"atomic": True, "commands": [{"command": "open_account", "data": opening}]}
    answer = Api(SAM).post("/bulk", sent).json()
    follow_all()
    bulk = Request.objects.get(id=answer["request"]["id"])
    (item,) = Request.objects.filter(parent=bulk.id)
    for of in (bulk, item):
        (first,) = tree(of).led_to
        assert (first.reaction, len(first.led_to)) == ("bonus", 1)


def test_it_takes_a_few_queries_however_deep_it_is(begun, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        tree(begun)


def test_what_nobody_reacted_to_led_to_nothing():
    asked = ask(open_account("bob"), by=SAM)
    found = tree(Request.objects.get(id=asked.request))
    assert (found.root, list(found.led_to), found.more) == (None, [], False)


def test_who_may_not_see_the_whole_ledger_is_not_told_what_others_have_set_up(begun, client):
    Request.objects.filter(id=begun.id).update(principal=ANN.id)
    client.force_login(user(ANN))
    page = client.get(f"/requests/{begun.id}").content.decode()
    assert str(begun.id) in page
    assert "What followed" not in page


def test_a_page_says_what_followed_with_links_for_staff_alone(begun, client):
    client.force_login(user(SAM))
    page = client.get(f"/requests/{begun.id}").content.decode()
    (first,) = tree(begun).led_to
    assert "What followed" in page
    assert f'href="/requests/{first.request.id}"' in page
    made = client.get(f"/requests/{first.request.id}").content.decode()
    assert f'href="/requests/{begun.id}">what somebody asked' in made
