"""Users as the database has them."""

from typing import Any

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from commands.access.models import User
from eventstore.ids import uuid7
from tests.examples.people import Person

GROUPS = {
    frozenset({"view"}): ["view"],
    frozenset({"view", "operate"}): ["operate"],
    frozenset({"view", "operate", "force"}): ["operate", "force"],
    frozenset({"view", "close"}): ["view", "close"],
    frozenset({"view", "operate", "close"}): ["operate", "close"],
}


class UserFactory(DjangoModelFactory):
    """Somebody with a name of their own; `groups` names the groups they are in."""

    class Meta:
        model = User
        django_get_or_create = ("id",)
        skip_postgeneration_save = True

    id = factory.LazyFunction(uuid7)
    username = factory.Sequence(lambda number: f"user-{number}")

    @factory.post_generation
    def groups(self, create: bool, names: list[str] | None, **_: Any) -> None:
        if names:
            self.groups.set(Group.objects.filter(name__in=names))


def user(person: Person) -> User:
    """The person's user, made when it is missing."""
    return UserFactory(id=person.id, username=person.name, groups=GROUPS.get(person.rights))
