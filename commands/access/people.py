"""From users and tokens to principals."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from commands.access.models import Token, User
from commands.access.principal import SYSTEM, Principal

_RIGHTS = {"view_ledger": "view", "operate": "operate", "force": "force", "close_books": "close"}

# What `get_all_permissions` finds, of these few alone: it costs every request a sixth of that.
HELD = """
SELECT DISTINCT user_id, codename FROM (
    SELECT user_id, permission_id FROM access_user_user_permissions WHERE user_id = ANY(%(users)s)
    UNION ALL
    SELECT user_id, permission_id FROM access_user_groups
    JOIN auth_group_permissions USING (group_id) WHERE user_id = ANY(%(users)s)) AS held
JOIN auth_permission ON auth_permission.id = permission_id
JOIN django_content_type ON django_content_type.id = content_type_id
WHERE app_label = 'access'"""


def principal_of(user: User | AnonymousUser, token: Token | None = None) -> Principal | None:
    """The principal a user is, narrowed by the token in use; None for nobody."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return principal_with(user, rights_of([user])[user.id], token)


def principal_with(user: User, rights: frozenset[str], token: Token | None = None) -> Principal:
    """The principal an active user with these rights is, narrowed by the token in use."""
    return Principal(
        user=user.id,
        name=user.username,
        rights=rights,
        scopes=frozenset(token.scopes) if token and token.scopes else None,
        prefix=token.prefix if token else "",
    )


def rights_of(users: Iterable[User]) -> dict[UUID, frozenset[str]]:
    """The rights of these users, by their ids."""
    found = {user.id: _unasked(user) for user in users}
    if asked := [id_ for id_, rights in found.items() if rights is None]:
        held = defaultdict(set)
        with connection.cursor() as cursor:
            cursor.execute(HELD, {"users": asked})
            for user, name in cursor:
                held[user].add(_RIGHTS.get(name, ""))
        found |= {id_: frozenset(held[id_] - {""}) for id_ in asked}
    return {id_: rights or frozenset() for id_, rights in found.items()}


def _unasked(user: User) -> frozenset[str] | None:
    """The rights of those who need not be given any."""
    if user.id == SYSTEM.user:
        return SYSTEM.rights
    return frozenset(_RIGHTS.values()) if user.is_superuser else None


def principal_named(name: str) -> Principal | None:
    """The principal of the user with this name; None when there is no such active user."""
    if not name.isprintable():  # What a shell was given that is no UTF-8 cannot be asked for.
        return None
    user = User.objects.filter(username=name).first()
    return principal_of(user) if user else None
