"""From users and tokens to principals."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from commands.access.models import Token, User
from commands.access.principal import SYSTEM, Principal

_RIGHTS = {"view_ledger": "view", "operate": "operate", "force": "force", "close_books": "close"}

# What `get_all_permissions` finds, of these few alone: it costs every request a sixth of that.
HELD = """
ARRAY(SELECT codename FROM (
    SELECT permission_id FROM access_user_user_permissions WHERE user_id = access_user.id
    UNION SELECT permission_id FROM access_user_groups
    JOIN auth_group_permissions USING (group_id) WHERE user_id = access_user.id) AS held
JOIN auth_permission ON auth_permission.id = permission_id
JOIN django_content_type ON django_content_type.id = content_type_id
WHERE app_label = 'access')"""
"""SQL for the names of the permissions that a row of `access_user` has."""


def principal_of(user: User | AnonymousUser, token: Token | None = None) -> Principal | None:
    """The principal a user is, narrowed by the token in use; None for nobody."""
    if not isinstance(user, User) or not user.is_active:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HELD} FROM access_user WHERE id = %s", [user.id])
        (held,) = cursor.fetchone() or ((),)
    return principal_with(user, held, token)


def principals(ids: Collection[UUID]) -> dict[UUID, Principal]:
    """The principals of those of these users who are active, with all the rights they have now."""
    users = User.objects.raw(
        f"SELECT *, {HELD} AS held FROM access_user WHERE is_active AND id = ANY(%s)", [list(ids)]
    )
    return {
        user.id: principal_with(user, user.held)  # type: ignore[attr-defined]
        for user in users
    }


def principal_with(user: User, held: Iterable[str], token: Token | None = None) -> Principal:
    """The principal an active user with these permissions is, narrowed by the token in use."""
    return Principal(
        user=user.id,
        name=user.username,
        rights=_rights(user, held),
        scopes=frozenset(token.scopes) if token and token.scopes else None,
        prefix=token.prefix if token else "",
    )


def _rights(user: User, held: Iterable[str]) -> frozenset[str]:
    if user.id == SYSTEM.user:
        return SYSTEM.rights
    if user.is_superuser:
        return frozenset(_RIGHTS.values())
    return frozenset(_RIGHTS[name] for name in held if name in _RIGHTS)


def principal_named(name: str) -> Principal | None:
    """The principal of the user with this name; None when there is no such active user."""
    if not name.isprintable():  # What a shell was given that is no UTF-8 cannot be asked for.
        return None
    user = User.objects.filter(username=name).first()
    return principal_of(user) if user else None
