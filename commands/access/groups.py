"""The groups that rights come in, and the user that acts for the product itself."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from commands.access.models import User
from commands.access.principal import SYSTEM

GROUPS = {
    "view": ["view_ledger"],
    "operate": ["view_ledger", "operate"],
    "force": ["view_ledger", "operate", "force"],
    "close": ["view_ledger", "close_books"],
}


def ensure(using: str, **_: Any) -> None:
    """Make what is missing, after every migrate and every emptying of the tables.

    A group that is there keeps the rights that staff gave it and took from it.
    """
    of_user, _created = ContentType.objects.db_manager(using).get_or_create(
        app_label="access", model="user"
    )
    names = dict(User._meta.permissions)
    for name, codenames in GROUPS.items():
        group, created = Group.objects.db_manager(using).get_or_create(name=name)
        for codename in codenames:
            permission, _created = Permission.objects.db_manager(using).get_or_create(
                content_type=of_user, codename=codename, defaults={"name": names[codename]}
            )
            if created:
                group.permissions.add(permission)
    system = User(id=SYSTEM.user, username=SYSTEM.name)
    system.set_unusable_password()
    User.objects.db_manager(using).bulk_create([system], ignore_conflicts=True)
