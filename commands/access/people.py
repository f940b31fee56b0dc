"""From users and tokens to principals."""

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from commands.access.models import Token, User
from commands.access.principal import SYSTEM, Principal

_RIGHTS = {"view_ledger": "view", "operate": "operate", "force": "force", "close_books": "close"}

# What `get_all_permissions` finds, of these few alone: it costs every request a sixth of that.
HELD = """
SELECT codename FROM auth_permission
JOIN django_content_type ON django_content_type.id = content_type_id
WHERE app_label = 'access' AND (
    auth_permission.id IN (
        SELECT permission_id FROM access_user_user_permissions WHERE user_id = %(user)s)
    OR auth_permission.id IN (
        SELECT permission_id FROM auth_group_permissions
        JOIN access_user_groups USING (group_id) WHERE user_id = %(user)s))"""


def principal_of(user: User | AnonymousUser, token: Token | None = None) -> Principal | None:
    """The principal a user is, narrowed by the token in use; None for nobody."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return Principal(
        user=user.id,
        name=user.username,
        rights=SYSTEM.rights if user.id == SYSTEM.user else _rights(user),
        scopes=frozenset(token.scopes) if token and token.scopes else None,
        prefix=token.prefix if token else "",
    )


def _rights(user: User) -> frozenset[str]:
    if user.is_superuser:
        return frozenset(_RIGHTS.values())
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"user": user.pk})
        return frozenset(_RIGHTS[name] for (name,) in cursor if name in _RIGHTS)


def principal_named(name: str) -> Principal | None:
    """The principal of the user with this name; None when there is no such active user."""
    if not name.isprintable():  # What a shell was given that is no UTF-8 cannot be asked for.
        return None
    user = User.objects.filter(username=name).first()
    return principal_of(user) if user else None
