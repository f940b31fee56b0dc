"""Clients of the API, each with a token of its own."""

import json
from typing import Any

from django.test import Client

from commands.access.models import Token
from tests.examples.factories import user
from tests.examples.people import Person


class Api:
    """An API client as a person would use one: JSON in, JSON out."""

    def __init__(self, person: Person, **token: Any) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {Token.issue(user(person), **token)}"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any, **about: Any) -> Any:
        return self.write("POST", path, body, **about)

    def patch(self, path: str, body: Any, **about: Any) -> Any:
        return self.write("PATCH", path, body, **about)

    def write(
        self, method: str, path: str, body: Any, *, key: str | None = None, **headers: str
    ) -> Any:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data=data,
            content_type="application/json",
            headers=self.headers | headers,
        )
