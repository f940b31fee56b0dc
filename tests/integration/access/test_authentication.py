"""Who asks: a live token or a session, and how far a token reaches."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from commands.access.groups import ensure
from commands.access.models import Token, User
from commands.access.people import _RIGHTS, principal_named, principal_of
from commands.access.principal import RIGHTS, SYSTEM
from commands.access.recognition import find
from tests.examples.factories import UserFactory

pytestmark = pytest.mark.django_db

ACCOUNTS, EVENTS = "/api/v1/accounts", "/api/v1/events"


def user(name: str = "ann", group: str | None = None) -> User:
    made = User.objects.create_user(name, password="a long password")
    if group:
        made.groups.add(Group.objects.get(name=group))
    return made


def ask(authorization: str, path: str = ACCOUNTS, method: str = "get"):
    client = Client(headers={"Authorization": authorization})
    if method == "get":
        return client.get(path)
    return client.post(path, {}, content_type="application/json")


def with_token(path: str = ACCOUNTS, method: str = "get", group: str | None = None, **about):
    return ask("Bearer " + Token.issue(user(group=group), **about), path, method)


def test_it_lets_a_token_in():
    assert with_token().status_code == 200


def test_it_keeps_no_text_of_a_token():
    text = Token.issue(user())
    kept = " ".join(str(value) for value in Token.objects.values_list().get())
    assert text.startswith("db_")
    assert text.split("_", 2)[2] not in kept


@pytest.mark.parametrize(
    "authorization",
    [
        *["", "Bearer", "Bearer ", "Bearer db", "Bearer db_", "Bearer db__", "Bearer db_a_b"],
        *["Bearer nonsense", "Bearer " + "x" * 10_000, "Bearer db_é_ü", "Basic YW5uOmFubg=="],
        *["Token db_a_b", "Bearer db_000000000000_" + "A" * 43, "Bearer ' OR 1=1 --"],
    ],
)
def test_it_asks_who_are_you(authorization):
    answer = ask(authorization)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("change", ["another secret", "another id", "a shorter secret"])
def test_it_refuses_a_text_that_is_nearly_a_token(change):
    _, id_, secret = Token.issue(user()).split("_", 2)
    near = {
        "another secret": f"db_{id_}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        "another id": f"db_{id_[::-1] if id_ != id_[::-1] else '0' * 12}_{secret}",
        "a shorter secret": f"db_{id_}_{secret[:-1]}",
    }[change]
    assert ask(f"Bearer {near}").status_code == 401


def test_it_refuses_an_expired_token():
    assert with_token(expires_at=timezone.now() - timedelta(seconds=1)).status_code == 401


def test_it_refuses_a_revoked_token_at_once():
    text = Token.issue(user())
    assert ask(f"Bearer {text}").status_code == 200
    Token.objects.update(revoked_at=timezone.now())
    assert ask(f"Bearer {text}").status_code == 401


def test_it_refuses_the_token_of_a_user_who_was_switched_off():
    text = Token.issue(user())
    User.objects.filter(username="ann").update(is_active=False)
    assert ask(f"Bearer {text}").status_code == 401


def test_it_notes_a_use_at_most_once_a_minute(django_assert_num_queries):
    text = Token.issue(user())
    assert find(text) is not None
    first = Token.objects.get().last_used_at
    with django_assert_num_queries(0):  # Looked up in a pipeline of its own, and not written.
        find(text)
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    find(text)
    assert Token.objects.get().last_used_at >= first


@pytest.mark.parametrize(
    ("scopes", "reads", "writes", "events"),
    [
        ([], 200, 400, 200),
        (["read"], 200, 403, 403),
        (["write"], 403, 400, 403),
        (["events:read"], 403, 403, 200),
        (["read", "write", "events:read"], 200, 400, 200),
    ],
)
def test_it_keeps_a_token_to_its_scopes(scopes, reads, writes, events):
    bearer = "Bearer " + Token.issue(user(group="view"), scopes=scopes)
    assert ask(bearer).status_code == reads
    assert ask(bearer, method="post").status_code == writes
    assert ask(bearer, EVENTS).status_code == events


def test_it_shows_the_log_to_viewers_only():
    assert with_token(EVENTS).status_code == 403


def test_it_shows_no_log_to_a_token_of_some_accounts():
    assert with_token(EVENTS, group="view", prefix="shop:").status_code == 403


def test_it_takes_the_session_of_a_page():
    client = Client()
    client.force_login(user())
    assert client.get(ACCOUNTS).status_code == 200


def test_it_wants_the_csrf_token_with_a_session():
    client = Client(enforce_csrf_checks=True)
    client.force_login(user())
    answer = client.post(ACCOUNTS, {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    client.get("/login")
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    answer = client.post(ACCOUNTS, {}, content_type="application/json", headers=headers)
    assert answer.status_code == 400


def test_it_wants_no_csrf_token_with_a_token():
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {_text()}"})
    assert client.post(ACCOUNTS, {}, content_type="application/json").status_code == 400


def test_it_believes_the_token_when_a_session_comes_along():
    client = Client(headers={"Authorization": f"Bearer {_text(scopes=['read'])}"})
    client.force_login(user("sam", "operate"))
    assert client.post(ACCOUNTS, {}, content_type="application/json").status_code == 403


def _text(**about) -> str:
    return Token.issue(user(), **about)


@pytest.mark.parametrize(
    ("group", "rights"),
    [
        (None, set()),
        ("view", {"view"}),
        ("operate", {"view", "operate"}),
        ("force", {"view", "operate", "force"}),
        ("close", {"view", "close"}),
    ],
)
def test_it_reads_rights_from_groups(group, rights):
    principal = principal_of(user(group=group))
    assert {right for right in RIGHTS if principal.may(right)} == rights


def test_it_gives_a_superuser_every_right():
    assert principal_of(User.objects.create_superuser("root")).rights == set(RIGHTS)


def test_it_knows_the_system_user_who_may_everything_but_log_in():
    assert principal_named("system") == SYSTEM
    assert not User.objects.get(username="system").has_usable_password()


def test_it_narrows_the_system_user_too():
    system = User.objects.get(username="system")
    Token.issue(system, scopes=["read"], prefix="shop:")
    principal = principal_of(system, Token.objects.get())
    assert (principal.scopes, principal.prefix) == ({"read"}, "shop:")


@pytest.mark.parametrize("name", ["", "nobody", "Ann"])
def test_it_knows_nobody_else(name):
    assert principal_named(name) is None


def test_it_leaves_a_group_as_staff_changed_it():
    force = Group.objects.get(name="force")
    force.permissions.remove(force.permissions.get(codename="operate"))
    ensure(using="default")
    assert sorted(force.permissions.values_list("codename", flat=True)) == ["force", "view_ledger"]


def test_it_names_the_permissions_in_words():
    from django.contrib.auth.models import Permission

    named = dict(Permission.objects.filter(user=None).values_list("codename", "name"))
    for codename, name in User._meta.permissions:
        assert named[codename] == name


def test_rights_are_those_that_django_knows_of():
    """Own, by group, by both, by rank; of a few permissions of one app alone."""
    of_app = Permission.objects.filter(content_type__app_label="access")
    plain, own, by_group, both, root = (UserFactory() for _ in range(5))
    own.user_permissions.add(of_app.get(codename="force"))
    by_group.groups.set(Group.objects.filter(name__in=["close", "view"]))
    both.groups.set(Group.objects.filter(name="operate"))
    both.user_permissions.set(Permission.objects.exclude(content_type__app_label="access"))
    root.is_superuser = True
    for user in (plain, own, by_group, both, root):
        known = {name for name, right in _RIGHTS.items() if user.has_perm(f"access.{name}")}
        assert principal_of(user).rights == {_RIGHTS[name] for name in known}
