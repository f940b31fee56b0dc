"""A person's own pages: who they are here, and their password."""

import re

import pytest
from django.test import Client

from commands.access import pages
from commands.access.models import Token
from commands.access.recognition import find
from tests.examples.factories import user
from tests.examples.pages import browser, read, text
from tests.examples.people import ANN, CLEO, FLO, SAM, VIC

pytestmark = pytest.mark.django_db

OLD, NEW = "correct horse battery", "staple of a horse"


def logged_in(password: str = OLD) -> Client:
    """A browser in which Ann has logged in with her password."""
    client = Client()
    client.post("/login", {"username": "ann", "password": password})
    return client


@pytest.fixture
def ann(settings) -> Client:
    """Ann, logged in with a password whose hash is quickly made."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    somebody = user(ANN)
    somebody.set_password(OLD)
    somebody.save()
    return logged_in()


def changing(**changed: str) -> dict[str, str]:
    return {"old_password": OLD, "new_password1": NEW, "new_password2": NEW} | changed


def said(answer, field: str) -> str:
    """What stands at a field."""
    found = re.search(rf'id="id_{field}_error">(.*?)</div>', answer.content.decode(), re.DOTALL)
    return read(found[1]) if found else ""


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


# --- who -------------------------------------------------------------------------------------


def test_ones_name_leads_to_ones_own_page_from_every_page(ann):
    assert re.search(r'<a href="/me/">ann</a>', ann.get("/accounts/").content.decode())
    html = ann.get("/me/").content.decode()
    assert all(f'href="{path}"' in html for path in ("/me/password", "/me/tokens", "/requests/"))


def test_it_says_who_one_is_and_how_one_is_told(ann):
    assert "E-mail None" in text(ann, "/me/")
    somebody = user(ANN)
    somebody.email, somebody.first_name, somebody.last_name = "ann@example.org", "Ann", "Lee"
    somebody.save()
    assert "Ann Lee" in text(ann, "/me/")
    assert "E-mail ann@example.org" in text(ann, "/me/")


@pytest.mark.parametrize(
    ("person", "rights"),
    [
        (ANN, set()),
        (VIC, {"view"}),
        (SAM, {"view", "operate"}),
        (FLO, {"view", "operate", "force"}),
        (CLEO, {"view", "close"}),
    ],
)
def test_it_says_in_words_what_one_may(person, rights):
    shown = text(browser(person), "/me/")
    assert {right for right, words in pages.RIGHTS.items() if words in shown} == rights
    assert "Use the accounts that you own" in shown
    assert "Open the admin" not in shown


# --- the password ----------------------------------------------------------------------------


def test_a_password_is_changed_and_that_is_said(ann):
    answer = ann.post("/me/password", changing(), follow=True)
    assert answer.redirect_chain == [("/me/", 302)]
    assert "Your password is changed." in read(answer.content.decode())
    assert not is_in(logged_in(OLD))
    assert is_in(logged_in(NEW))


def test_sessions_elsewhere_end_with_it_and_this_one_goes_on(ann):
    elsewhere = logged_in()
    assert is_in(elsewhere)
    ann.post("/me/password", changing())
    assert is_in(ann)
    assert not is_in(elsewhere)


def test_tokens_outlive_it_and_the_page_says_so(ann):
    token = Token.issue(user(ANN))
    assert "API tokens go on" in text(ann, "/me/password")
    ann.post("/me/password", changing())
    assert find(token)


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"old_password": "wrong"}, "old_password", "Your old password was entered incorrectly."),
        ({"old_password": ""}, "old_password", "This field is required."),
        ({"new_password2": "another"}, "new_password2", "The two password fields didn’t match."),
        ({"new_password1": "", "new_password2": ""}, "new_password1", "This field is required."),
    ],
)
def test_what_is_wrong_with_it_is_said_where_it_is(ann, changed, field, sentence):
    elsewhere = logged_in()
    answer = ann.post("/me/password", changing(**changed))
    assert answer.status_code == 400
    assert said(answer, field).startswith(sentence)
    assert f'href="#id_{field}"' in answer.content.decode(), "the summary leads to the field"
    assert is_in(elsewhere), "nothing was changed"


def test_a_new_password_is_as_good_as_the_settings_want_it(ann, settings):
    length = "django.contrib.auth.password_validation.MinimumLengthValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": length, "OPTIONS": {"min_length": 12}}]
    assert "at least 12 characters" in text(ann, "/me/password")
    answer = ann.post("/me/password", changing(new_password1="short", new_password2="short"))
    assert "This password is too short." in said(answer, "new_password2")


def test_no_page_repeats_a_password(ann):
    answer = ann.post("/me/password", changing(new_password2="another"))
    assert not {OLD, NEW, "another"} & set(re.findall(r'value="([^"]*)"', answer.content.decode()))
