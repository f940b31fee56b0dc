"""The OpenAPI 3.1 document: every route there is, as its view describes itself."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import converters
from rest_framework import exceptions

from commands.access.permissions import MayRead, MayWrite
from config import routing
from config.openapi_parts import BASE, HEADERS, INFO, PROBLEM, SECURITY
from config.problems import BUSY, INTERNAL, TOO_SLOW, UNAVAILABLE, foreseen, problem
from eventstore import openapi
from eventstore.http import BadRequest, NotFound, ViewBehind
from eventstore.openapi import Operation, Schema, example

PROBLEM_JSON = "application/problem+json"
ACCEPTED = "It will be done later; where it will be seen is in `Location`."
DONE, DRY = "Done.", "A dry run: what would come of it; nothing was kept."
OF_EVERY_ANSWER = ("Allow", "Daybook-Request", "RateLimit", "RateLimit-Policy")
LEAVING = ("Deprecation", "Sunset", "Link")
"""The headers of what is deprecated."""
OF_PATHS: Mapping[str, Schema] = {"uuid": {**openapi.UUID, "description": "An id."}}
"""Converters of Django's that say nothing of themselves."""

Operations = Mapping[tuple[str, str], Operation]
"""Operations by path and method."""


@cache
def document() -> Schema:
    """The whole document; it is the same for as long as the process lives."""
    operations = dict(_operations())
    paths: dict[str, dict[str, Schema]] = defaultdict(dict)
    for (path, method), operation in operations.items():
        links = _links(operation, operations)
        paths[path][method.lower()] = _described(path, method, operation, links)
    return {
        "openapi": "3.1.1",
        "info": INFO,
        "externalDocs": {"url": "/how-to-use-the-api", "description": "How to use the API"},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": openapi.components() | {"Problem": PROBLEM},
            "headers": {name: _header(schema) for name, schema in HEADERS.items()},
            "securitySchemes": SECURITY,
        },
        "security": [{name: []} for name in SECURITY],
        "tags": [{"name": tag} for tag in sorted({_tag(path) for path in paths})],
    }


def _operations() -> Iterator[tuple[tuple[str, str], Operation]]:
    """Every operation by path and method."""
    for address, views in routing.routes().items():
        path = BASE + re.sub(r"<\w+:(\w+)>", r"{\1}", address)
        for method, view in views.items():
            found: Operation | Callable[[], Operation] = view.cls.operation  # type: ignore[attr-defined]
            operation = found() if callable(found) else found
            if not operation.summary:
                summary, description = openapi.sentences(view.cls)  # type: ignore[attr-defined]
                operation = replace(operation, summary=summary, description=description)
            leaving = routing.leaving_of(view) is not None
            also = [*(["Daybook-Epoch"] if method == "GET" else []), *(LEAVING if leaving else [])]
            yield (
                (path, method),
                replace(
                    operation,
                    parameters=(*_of_path(address), *operation.parameters),
                    headers=(*operation.headers, *also),
                    deprecated=leaving,
                ),
            )


def _of_path(address: str) -> Iterator[Schema]:
    """The parameters of a path, as their converters take them."""
    for converter, name in re.findall(r"<(\w+):(\w+)>", address):
        cls = type(converters.get_converters()[converter])
        schema = getattr(cls, "schema", None) or OF_PATHS[converter]
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _tag(path: str) -> str:
    return path.removeprefix(BASE).partition("/")[0]


def _described(path: str, method: str, operation: Operation, links: Schema) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "tags": [_tag(path)],
        "summary": operation.summary,
        "parameters": [_parameter(each) for each in operation.parameters],
    }
    if operation.deprecated:
        described["deprecated"] = True
    if operation.description:
        described["description"] = operation.description
    if operation.body is not None:
        content = _content(operation.body, operation.examples)
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    described["responses"] = {**_successes(operation, links), **_problems(method, operation)}
    return described


def _parameter(parameter: Schema) -> Schema:
    """A parameter with its description and example where tools look for them."""
    schema = parameter["schema"]
    found = {**parameter, "example": example(schema)} if "examples" in schema else parameter
    return {"description": schema.get("description", ""), **found}


def _header(schema: Schema) -> Schema:
    return {"description": schema["description"], "schema": schema}


def _headers(names: Iterable[str]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}


def _content(schema: Schema, examples: Mapping[str, Any]) -> Schema:
    return {"schema": schema, "examples": {name: {"value": v} for name, v in examples.items()}}


def _successes(operation: Operation, links: Schema) -> Schema:
    found = {
        str(status): {
            "description": DONE if status == operation.statuses[0] else DRY,
            "headers": _headers({*OF_EVERY_ANSWER, "Daybook-Position", *operation.headers}),
            "content": {
                media: _content(shows, {"success": example(shows)})
                for media, shows in {operation.media: operation.shows, **operation.also}.items()
            },
            # What a dry run shows is not there to be linked to.
            **({"links": links} if links and status == operation.statuses[0] else {}),
        }
        for status in operation.statuses
    }
    if "ETag" in operation.headers:
        found["304"] = {"description": "As you have it.", "headers": found["200"]["headers"]}
    if operation.accepts:
        found["202"] = {
            "description": ACCEPTED,
            "headers": _headers({*OF_EVERY_ANSWER, "Location", *operation.headers}),
            "content": {
                "application/json": _content(
                    operation.accepts, {"accepted": example(operation.accepts)}
                )
            },
        }
    return found


def _problems(method: str, operation: Operation) -> Schema:
    """Every answer but success by status, each with the very body that its error makes."""
    by_status: dict[int, dict[str, HttpResponse]] = defaultdict(dict)
    for answer in _refusing(method, operation):
        by_status[answer.status_code].setdefault(json.loads(answer.content)["code"], answer)
    return {
        str(status): {
            "description": "\n".join(
                f"- `{code}`: {json.loads(a.content)['detail']}" for code, a in answers.items()
            ),
            "headers": _headers(
                {*OF_EVERY_ANSWER, *(n for a in answers.values() for n in a.headers)}
                & HEADERS.keys()
            ),
            "content": {
                PROBLEM_JSON: _content(
                    openapi.reference("Problem"),
                    {code: json.loads(answer.content) for code, answer in answers.items()},
                )
            },
        }
        for status, answers in sorted(by_status.items())
    }


def _refusing(method: str, operation: Operation) -> Iterator[HttpResponse]:
    """The answers to whatever may go wrong."""
    if method == "GET":
        yield _rendered(BadRequest([("limit", "This must be an integer from 1 to 1000.")]))
    if any(parameter["in"] == "path" for parameter in operation.parameters):
        yield _rendered(NotFound())
    scope = MayRead if method == "GET" else MayWrite
    for error in (
        exceptions.NotAuthenticated(),
        exceptions.PermissionDenied(scope.message),
        exceptions.NotAcceptable(),
        exceptions.Throttled(wait=1),
        *operation.errors,
    ):
        yield _rendered(error)
    if operation.body is not None:
        yield problem("too-slow", TOO_SLOW)
    if "known_at" in {parameter["name"] for parameter in operation.parameters}:
        yield from (problem("busy", BUSY), _rendered(ViewBehind(811)))
    yield problem("internal", INTERNAL)
    yield problem("unavailable", UNAVAILABLE)


def _rendered(error: Exception) -> HttpResponse:
    answer = foreseen(error)
    if answer is None:
        raise ImproperlyConfigured(f"{error!r} is no problem that an operation can have")
    return answer


def _links(operation: Operation, operations: Operations) -> Schema:
    """Where an answer shows a resource: all that lies at or below the resource's own address."""
    homes = dict(_homes(operations))
    return {
        target.id: {
            "operationId": target.id,
            "parameters": {name: f"$response.body#/{member}/{name}" for name in _names(home)},
        }
        for member, part in _fields(operation.shows).items()
        if (home := homes.get(openapi.named(part))) is not None
        for (path, _), target in operations.items()
        if path == home or path.startswith(f"{home}/")
    }


def _homes(operations: Operations) -> Iterator[tuple[str | None, str]]:
    """Each resource with its own address: its fields are all that the address asks for."""
    for (path, method), operation in operations.items():
        names = _names(path)
        if method == "GET" and names and _fields(operation.shows).keys() >= names:
            yield openapi.named(operation.shows), path


def _fields(schema: Schema) -> Mapping[str, Schema]:
    named = openapi.components().get(openapi.named(schema) or "", {})
    found: Mapping[str, Schema] = named.get("properties", {})
    return found


def _names(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path))
