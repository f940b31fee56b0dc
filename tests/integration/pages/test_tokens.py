"""A person's own keys to the API: made once, shown once, listed, and revoked."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from commands.access import pages
from commands.access.models import Token
from commands.access.recognition import find
from config import routing
from tests.examples.factories import user
from tests.examples.pages import browser, read, rows, text
from tests.examples.people import ANN, BOB, SAM, VIC
from tests.integration.pages.test_me import said

pytestmark = pytest.mark.django_db

TOKENS, MAKE = "/me/tokens", "/me/tokens/new"


@pytest.fixture
def ann() -> Client:
    return browser(ANN)


def making(**changed: str | list[str]) -> dict[str, str | list[str]]:
    return {"id": Token.new_id(), "name": "Export", "under": "", "expires": "90"} | changed


def made(client: Client) -> str:
    """The text of a token, as the list shows it."""
    found = re.search(r'id="made" value="([^"]+)"', client.get(TOKENS).content.decode())
    return found[1] if found else ""


# --- making a token --------------------------------------------------------------------------


def test_a_token_is_shown_once_and_opens_the_door(ann):
    assert ann.post(MAKE, making())["Location"] == TOKENS
    token = made(ann)
    assert find(token).principal.user == ANN.id
    assert made(ann) == "", "a reload shows it no more"
    assert token.split("_", 2)[2] not in ann.get(TOKENS).content.decode()


def test_it_is_kept_for_who_looks_while_it_is_only_fetched_ahead(ann):
    ann.post(MAKE, making())
    ann.head(TOKENS)
    ahead = ann.get(TOKENS, headers={"Sec-Purpose": "prefetch;prerender"})
    assert 'id="made"' not in ahead.text
    assert find(made(ann))


def test_no_cache_keeps_the_page_that_shows_it(ann):
    ann.post(MAKE, making())
    assert ann.get(TOKENS)["Cache-Control"] == "no-store"


def test_a_form_that_is_sent_twice_makes_one_token_and_its_text_is_still_shown(ann):
    form = making()
    assert [ann.post(MAKE, form)["Location"] for _ in range(2)] == [TOKENS, TOKENS]
    assert find(made(ann))
    assert Token.objects.count() == 1


def test_each_form_that_is_opened_makes_a_token_of_its_own(ann):
    first, second = (
        re.search(r'name="id" value="(\w+)"', ann.get(MAKE).content.decode())[1] for _ in range(2)
    )
    assert first != second


def test_a_form_without_its_id_makes_one_of_another(ann):
    for odd in ("", "x", "db_", "ABCDEF012345", "0" * 13):
        ann.post(MAKE, making(id=odd))
        assert find(made(ann))
    assert Token.objects.count() == 5


def test_an_id_of_somebody_else_changes_nothing_of_theirs(ann):
    theirs = Token.issue(user(BOB))
    ann.post(MAKE, making(id=theirs.split("_")[1]))
    assert made(ann) == ""
    assert find(theirs).principal.user == BOB.id
    assert not Token.objects.filter(user=ANN.id).exists()


def test_it_is_narrowed_as_one_says(ann):
    ann.post(MAKE, making(scopes=["read", "write"], under="ann:"))
    token = Token.objects.get()
    assert (token.name, token.scopes, token.prefix) == ("Export", ["read", "write"], "ann:")
    assert "Only under ann:" in text(ann, TOKENS)


def test_with_no_scope_chosen_it_may_do_all_that_its_user_may(ann):
    ann.post(MAKE, making())
    assert find(made(ann)).principal.scopes is None
    assert rows(ann, TOKENS)[1][1] == "All that you may"


@pytest.mark.parametrize(
    ("chosen", "lasts"),
    [("7", 7), ("30", 30), ("90", 90), ("365", 365)],
)
def test_it_ends_after_the_time_that_was_chosen(ann, chosen, lasts):
    before = timezone.now()
    ann.post(MAKE, making(expires=chosen))
    ends = Token.objects.get().expires_at - timedelta(days=lasts)
    assert before <= ends <= timezone.now()


def test_it_ends_never_only_if_that_was_chosen(ann):
    assert '<option value="90" selected>' in ann.get(MAKE).content.decode()
    ann.post(MAKE, making(expires="never"))
    assert Token.objects.get().expires_at is None


@pytest.mark.parametrize(("person", "offered"), [(ANN, 2), (VIC, 3), (SAM, 3)])
def test_the_log_is_offered_to_those_who_may_view_it(person, offered):
    client = browser(person)
    assert client.get(MAKE).content.decode().count('type="checkbox"') == offered
    answer = client.post(MAKE, making(scopes=["events:read"]))
    assert answer.status_code == (302 if offered == 3 else 400)
    assert Token.objects.count() == (offered == 3)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "Ensure this value has at most 100 characters (it has 101)."),
        ({"name": "a\u202eb"}, "A name has only visible characters: leave out the others."),
        ({"under": "Shop"}, "A code has at most 200 of the small letters a to z, digits and"),
        ({"expires": "1"}, "Select a valid choice. 1 is not one of the available choices."),
        ({"expires": ""}, "This field is required."),
        ({"scopes": ["all"]}, "Select a valid choice. all is not one of the available choices."),
    ],
)
def test_what_is_wrong_is_said_where_it_is_and_no_token_is_made(ann, changed, sentence):
    answer = ann.post(MAKE, making(**changed))
    assert answer.status_code == 400
    assert said(answer, *changed).startswith(sentence)
    assert not Token.objects.exists()


def test_a_token_makes_no_token(ann):
    bearer = {"Authorization": f"Bearer {Token.issue(user(ANN))}"}
    answer = Client(headers=bearer).post(MAKE, making())
    assert answer["Location"].startswith("/login")
    assert Token.objects.count() == 1
    assert not [address for address in routing.routes() if "token" in address]


# --- the list, and revoking ------------------------------------------------------------------


def test_the_list_is_of_ones_own_newest_first_with_what_became_of_each(ann):
    past = timezone.now() - timedelta(days=1)
    about = [{"expires_at": past}, {"expires_at": -past.resolution + past + timedelta(9)}, {}]
    texts = [Token.issue(user(ANN), name=f"t{n}", **each) for n, each in enumerate(about)]
    Token.issue(user(BOB), name="theirs")
    Token.objects.get(name="t2").revoke()
    find(texts[1])
    shown = rows(ann, TOKENS)[1:]
    assert [row[0].split()[0] for row in shown] == ["t2", "t1", "t0"]
    assert [row[-1].split()[0] for row in shown] == ["revoked", "live", "expired"]
    assert [row[3] == "never" for row in shown] == [True, False, True], "who was used"
    assert [row[4] == "never" for row in shown] == [True, False, False], "who expires"
    assert "Revoke t1" in shown[1][-1]


def test_who_has_none_is_told_so(ann):
    assert "You have no token yet." in text(ann, TOKENS)


def test_a_token_is_revoked_after_a_question(ann):
    token = Token.issue(user(ANN), name="Export")
    way = re.search(r'href="(/me/tokens/\w+/revoke)"', ann.get(TOKENS).content.decode())[1]
    assert "Revoke Export" in text(ann, way)
    assert find(token), "it was only asked"
    answer = ann.post(way, follow=True)
    assert "The token Export is revoked: it opens nothing." in read(answer.content.decode())
    assert find(token) is None
    at = Token.objects.get().revoked_at
    assert "It is revoked already" in text(ann, way)
    ann.post(way)
    assert Token.objects.get().revoked_at == at


def test_somebody_elses_token_is_not_there(ann):
    token = Token.issue(user(BOB))
    way = f"/me/tokens/{token.split('_')[1]}/revoke"
    assert (ann.get(way).status_code, ann.post(way).status_code) == (404, 404)
    assert browser(SAM).post(way).status_code == 404, "of staff as well"
    assert find(token)


def test_the_list_comes_in_pages(ann, monkeypatch):
    monkeypatch.setattr(pages, "PAGE", 2)
    for number in range(5):
        Token.issue(user(ANN), name=f"t{number}")
    Token.objects.update(created_at=timezone.now())
    seen, path = [], TOKENS
    while path:
        seen += [row[0].split()[0] for row in rows(ann, path)[1:]]
        following = re.search(r'rel="next" href="([^"]+)"', ann.get(path).content.decode())
        path = following and TOKENS + following[1]
    assert sorted(seen) == ["t0", "t1", "t2", "t3", "t4"]


def test_many_tokens_cost_no_more_queries_than_one(ann):
    counts = []
    for _ in range(2):
        Token.issue(user(ANN))
        with CaptureQueriesContext(connection) as asked:
            ann.get(TOKENS)
        counts.append(len(asked))
        for _ in range(5):
            Token.issue(user(ANN))
    assert counts[0] == counts[1]
