"""Between tests that commit, the database is as if it had just been migrated."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import TransactionTestCase

from commands.access.models import User
from eventstore.store import read_all
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.people import ANN

pytestmark = pytest.mark.django_db(transaction=True)


def there():
    """The log, and everything that permissions are made of."""
    granted = set(Group.objects.values_list("name", "permissions__codename"))
    people = list(User.objects.values_list("username", "groups__name"))
    return list(read_all()), people, granted, set(Permission.objects.values_list())


@pytest.mark.parametrize(
    "change",
    [
        lambda: rich("ann", 500, owner=ANN),
        lambda: user(ANN).groups.add(Group.objects.first()),
        lambda: User.objects.all().delete(),
        lambda: Group.objects.all().delete(),
        lambda: Group.objects.create(name="another"),
        lambda: Group.objects.first().permissions.clear(),
        lambda: Permission.objects.update(name="another"),
    ],
)
def test_what_a_test_changed_is_as_it_was(change):
    before = there()
    assert before[1] == [("system", None)]
    change()
    assert there() != before
    TransactionTestCase("run")._fixture_teardown()
    assert there() == before
