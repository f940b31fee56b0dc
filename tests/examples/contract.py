"""Every answer of the API in the test-suite is held against the OpenAPI document."""

import json
import re
from collections.abc import Collection
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client

PATH = re.compile(r"<\w+:(\w+)>")


def watch(patch: pytest.MonkeyPatch) -> None:
    """Let a test client fail on an answer that the document does not foresee."""
    request = Client.request

    def watched(client: Client, **asked: Any) -> Any:
        answer = request(client, **asked)
        hold(answer)
        return answer

    patch.setattr(Client, "request", watched)


def hold(answer: Any) -> None:
    """Assert that the document has this answer, if it is one of its operations'.

    What a stream contains is for its tests to read, which they can do once.
    """
    match, method = answer.wsgi_request.resolver_match, answer.wsgi_request.method
    path = "/" + PATH.sub(r"{\1}", match.route) if match else ""
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return
    status = str(answer.status_code)
    assert status in operation["responses"], f"{method} {path} does not say {status}"
    if status == "304":
        assert answer.content == b""
        return
    media = answer.headers["Content-Type"].partition("; charset=")[0]
    assert media in operation["responses"][status]["content"], f"{method} {path} has no {media}"
    check, examples = answers(path, method.lower(), status, media)
    if getattr(answer, "streaming", False):
        return
    body = json.loads(answer.content)
    errors = [error.message for error in check.iter_errors(body)]
    assert not errors, f"{method} {path} answers what its schema does not: {errors}"
    if answer.status_code >= 400:
        assert body["code"] in examples, f"{method} {path} does not say {body['code']}"


@cache
def answers(path: str, method: str, status: str, media: str) -> tuple[Any, Collection[str]]:
    """What checks the body of an answer in this media type, and its examples' names."""
    content = document()["paths"][path][method]["responses"][status]["content"][media]
    return validator(content["schema"]), content["examples"].keys()


def validator(schema: dict[str, Any]) -> Any:
    """What checks against a schema of the document, formats too."""
    whole = {**schema, "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def validation_errors(schema: dict[str, Any], value: Any) -> list[str]:
    """What a JSON Schema of draft 2020-12 finds wrong with a value, formats too."""
    check = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [error.message for error in check.iter_errors(value)]


def document() -> dict[str, Any]:
    """The document, made when it is first asked for: this module is loaded before Django is."""
    from config import openapi

    return openapi.document()
