"""The groups that rights come in, and the user that acts for the product itself."""

from django.contrib.auth.hashers import make_password
from django.db import migrations

from commands.access.principal import SYSTEM

GROUPS = {
    "view": ["view_ledger"],
    "operate": ["view_ledger", "operate"],
    "force": ["view_ledger", "operate", "force"],
    "close": ["view_ledger", "close_books"],
}


def make(apps, schema_editor):
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    User = apps.get_model("access", "User")
    ContentType = apps.get_model("contenttypes", "ContentType")
    # Permissions are otherwise made after the last migration.
    of_user, _ = ContentType.objects.get_or_create(app_label="access", model="user")
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        for codename in codenames:
            permission, _ = Permission.objects.get_or_create(
                content_type=of_user, codename=codename, defaults={"name": codename}
            )
            group.permissions.add(permission)
    User.objects.get_or_create(
        id=SYSTEM.user, defaults={"username": SYSTEM.name, "password": make_password(None)}
    )


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
