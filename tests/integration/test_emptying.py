"""Between tests that commit, the database is as if it had just been migrated."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import TransactionTestCase

from commands.access.models import User
from eventstore.store import latest_position, read_all
from tests.examples.asking import rich
from tests.examples.factories import user
from tests.examples.people import ANN

pytestmark = pytest.mark.django_db(transaction=True)


def granted():
    return set(Group.objects.values_list("name", "permissions__codename"))


def empty():
    TransactionTestCase("run")._fixture_teardown()


def test_what_a_test_wrote_is_gone_and_what_was_migrated_is_as_it_was():
    before, known = granted(), set(Permission.objects.values_list())
    rich("ann", 500, owner=ANN)
    user(ANN).groups.add(Group.objects.first())
    assert latest_position() > 0
    empty()
    assert (list(read_all()), User.objects.count()) == ([], 0)
    assert granted() == before
    assert set(Permission.objects.values_list()) == known


@pytest.mark.parametrize(
    "change",
    [
        lambda: Group.objects.all().delete(),
        lambda: Group.objects.create(name="another"),
        lambda: Group.objects.first().permissions.clear(),
        lambda: Permission.objects.update(name="another"),
    ],
)
def test_what_was_migrated_and_then_changed_is_made_anew(change):
    before, names = granted(), set(Permission.objects.values_list("codename", "name"))
    assert before
    change()
    empty()
    assert granted() == before
    assert set(Permission.objects.values_list("codename", "name")) == names
