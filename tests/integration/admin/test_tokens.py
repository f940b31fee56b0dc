"""A token that leaked is revoked in the admin, with a reason, by those who operate."""

import pytest
from django.urls import reverse
from django.utils import timezone

from commands.access.models import Token
from tests.examples.factories import user
from tests.examples.http import Api
from tests.examples.people import ANN, SAM
from tests.integration.admin.windows import shown, staff, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def token(vic) -> Token:
    return Token.objects.get()


def revoking(of: Token) -> str:
    return reverse("admin:access_token_revoke", args=[of.pk])


def test_its_row_leads_there_while_it_opens_the_door(token):
    sam = staff(SAM)
    assert revoking(token) in sam.get(shown("access_token", token.pk)).content.decode()
    asked = text(sam.get(revoking(token)))
    assert f"{token} of ann will be worthless at once" in asked
    token.revoke()
    assert revoking(token) not in sam.get(shown("access_token", token.pk)).content.decode()


def test_nobody_gets_in_with_it_any_more_and_the_reason_is_shown(vic):
    secret = Token.issue(user(ANN))
    token = Token.objects.get(id=secret.split("_")[1])
    api = Api(ANN)
    api.headers = {"Authorization": f"Bearer {secret}"}
    assert api.get("/accounts").status_code == 200
    said = text(staff(SAM).post(revoking(token), {"reason": "It was in a log"}, follow=True))
    assert "It is revoked: nobody gets in with it any more." in said
    assert "sam Revoke: It was in a log" in said
    assert "State: revoked" in said
    assert api.get("/accounts").status_code == 401


@pytest.mark.parametrize("reason", ["", " ", "a\0b", "two\nlines"])
def test_without_a_reason_it_stays(token, reason):
    answer = staff(SAM).post(revoking(token), {"reason": reason})
    assert answer.status_code == 400
    assert "Say why" in answer.content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_time_of_the_first_revocation_stays(token):
    Token.objects.update(revoked_at=timezone.now())
    token.refresh_from_db()
    answer = staff(SAM).post(revoking(token), {"reason": "Once more"}, follow=True)
    assert "It is revoked already." in text(answer)
    assert Token.objects.get().revoked_at == token.revoked_at


def test_only_those_who_operate_may(vic, token):
    for answer in (vic.get(revoking(token)), vic.post(revoking(token), {"reason": "x"})):
        assert answer.status_code == 403
    assert revoking(token) not in vic.get(shown("access_token", token.pk)).content.decode()
    assert staff(SAM).get("/admin/access/token/nope/revoke/").status_code == 404
    assert Token.objects.get().revoked_at is None
