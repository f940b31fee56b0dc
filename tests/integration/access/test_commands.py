"""Users and tokens from the shell."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from commands.access.models import Token, User
from commands.access.recognition import find

pytestmark = pytest.mark.django_db


def shell(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def password(monkeypatch):
    def give(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    give("a long password\n")
    return give


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def test_it_makes_a_user_with_groups(password):
    said = shell(
        *["create_user", "sam", "--group", "operate", "--group", "close"],
        *["--email", "sam@example.org", "--password-stdin"],
    )
    sam = User.objects.get(username="sam")
    assert str(sam.id) in said
    assert sam.check_password("a long password")
    assert sorted(sam.groups.values_list("name", flat=True)) == ["close", "operate"]
    assert (sam.email, sam.is_staff, sam.is_superuser) == ("sam@example.org", False, False)


def test_it_says_which_groups_there_are(password):
    with pytest.raises(CommandError, match=r"no group boss.*close, force, operate, view"):
        shell("create_user", "sam", "--group", "boss", "--password-stdin")
    assert not User.objects.filter(username="sam").exists()


@pytest.mark.parametrize("name", ["ann", "", "a b", "x" * 200])
def test_it_refuses_a_name_that_cannot_be(ann, password, name):
    with pytest.raises(CommandError):
        shell("create_user", name, "--password-stdin")
    assert User.objects.filter(username=name).count() == (name == "ann")


def test_a_name_that_is_taken_is_said_before_a_password_is_asked_for(ann, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda: pytest.fail("it asked"))
    with pytest.raises(CommandError, match="already exists"):
        shell("create_user", "ann")


def test_a_password_is_asked_for_at_the_terminal(monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda: "a long password")
    shell("create_user", "sam")
    assert User.objects.get(username="sam").check_password("a long password")


@pytest.mark.parametrize("weak", ["short", "password1", "1234509876", "sam-the-man"])
def test_it_refuses_a_password_that_is_soon_guessed(password, weak):
    password(f"{weak}\n")
    with pytest.raises(CommandError, match="password"):
        shell("create_user", "sam-the-man", "--password-stdin")


def test_it_refuses_an_empty_password(password):
    password("\n")
    with pytest.raises(CommandError, match="password"):
        shell("create_user", "sam", "--password-stdin")


def test_it_prints_a_token_alone(ann):
    said = shell("create_token", "ann")
    assert said.count("\n") == 1
    assert find(said.strip()).token.user == ann


def test_it_narrows_a_token(ann):
    shell("create_token", "ann", "--scope", "read", "--scope", "write", "--prefix", "shop:")
    token = Token.objects.get()
    assert (token.scopes, token.prefix, token.expires_at) == (["read", "write"], "shop:", None)


def test_it_names_a_token(ann):
    shell("create_token", "ann", "--name", "Nightly export")
    assert Token.objects.get().name == "Nightly export"


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        *[("90d", timedelta(days=90)), ("1h", timedelta(hours=1))],
        *[("30m", timedelta(minutes=30)), ("2w", timedelta(weeks=2))],
    ],
)
def test_it_ends_a_token_after_a_while(ann, text, lasts):
    before = timezone.now()
    shell("create_token", "ann", "--expires", text)
    assert before + lasts <= Token.objects.get().expires_at <= timezone.now() + lasts


def test_it_ends_a_token_on_a_day(ann):
    shell("create_token", "ann", "--expires", "2999-01-31")
    assert Token.objects.get().expires_at == datetime(2999, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    [
        ["nobody"],
        *[
            ["ann", "--expires", text]
            for text in ("soon", "2000-01-01", "-1d", "1.5d", "2999-02-30")
        ],
        *[["ann", "--expires", text] for text in ("", "d", "0d", "000h", "999999999d", "９d")],
        ["ann", "--scope", "all"],
        *[["ann", "--prefix", prefix] for prefix in ("Shop", "a b", "x" * 201)],
        *[["ann", "--name", name] for name in ("a\nb", "a\u202eb", "x" * 101)],
    ],
)
def test_it_refuses_a_token_that_makes_no_sense(ann, words):
    with pytest.raises(CommandError):
        shell("create_token", *[f"{word}" for word in words])
    assert not Token.objects.exists()


def test_it_revokes_a_token_by_its_id_or_its_text(ann):
    first, second = Token.issue(ann), Token.issue(ann)
    shell("revoke_token", first.split("_")[1])
    assert (find(first), find(second) is None) == (None, False)
    shell("revoke_token", second)
    assert find(second) is None


def test_it_revokes_once(ann):
    id_ = Token.issue(ann).split("_")[1]
    shell("revoke_token", id_)
    at = Token.objects.get().revoked_at
    shell("revoke_token", id_)
    assert Token.objects.get().revoked_at == at


def test_it_says_that_there_is_no_such_token():
    with pytest.raises(CommandError, match="no token 'abc'"):
        shell("revoke_token", "abc")


# --- for programs ----------------------------------------------------------------------------


def told(*words: str) -> dict[str, object]:
    """What a command tells a program, in one line."""
    (line,) = shell(*words, "--json").splitlines()
    return json.loads(line)


def test_a_program_is_told_of_a_user(password):
    said = told("create_user", "sam", "--group", "view", "--staff", "--password-stdin")
    id_ = str(User.objects.get(username="sam").id)
    about = {"name": "sam", "email": "", "staff": True, "groups": ["view"]}
    assert said == {"id": id_, **about}


def test_a_program_is_told_of_a_token_and_of_its_end(ann):
    made = told("create_token", "ann", "--scope", "read", "--expires", "2999-01-31")
    assert find(made["token"]).token.id == made.pop("id")
    about = {"user": "ann", "name": "", "scopes": ["read"], "prefix": ""}
    text = made.pop("token")
    assert made == {**about, "expires_at": "2999-01-31T00:00:00.000000Z"}
    ended = told("revoke_token", text)
    assert (ended["id"], ended["user"]) == (text.split("_")[1], "ann")
    assert ended["revoked_at"].endswith("Z")
    assert told("create_token", "ann")["expires_at"] is None
