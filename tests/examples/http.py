"""Clients of the API, each with a token of its own."""

import json
from typing import Any

from django.test import Client

from commands.access.models import Token, User
from tests.examples.factories import UserFactory
from tests.examples.people import Person

GROUPS = {frozenset({"view"}): ["view"], frozenset({"view", "operate"}): ["operate"]}


def user(person: Person) -> User:
    """The person's user, made when it is missing."""
    return UserFactory(id=person.id, username=person.name, groups=GROUPS.get(person.rights))


class Api:
    """An API client as a person would use one: JSON in, JSON out."""

    def __init__(self, person: Person, **token: Any) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {Token.issue(user(person), **token)}"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.post(
            f"/api/v1{path}",
            data=data,
            content_type="application/json",
            headers=self.headers | headers,
        )
