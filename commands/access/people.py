"""From users and tokens to principals."""

from django.contrib.auth.models import AnonymousUser

from commands.access.models import Token, User
from commands.access.principal import SYSTEM, Principal

_RIGHTS = {
    "access.view_ledger": "view",
    "access.operate": "operate",
    "access.force": "force",
    "access.close_books": "close",
}


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
    held = user.get_all_permissions()
    return frozenset(right for permission, right in _RIGHTS.items() if permission in held)


def principal_named(name: str) -> Principal | None:
    """The principal of the user with this name; None when there is no such active user."""
    user = User.objects.filter(username=name).first()
    return principal_of(user) if user else None
