"""The OpenAPI document says all there is, and nothing else; the page beside it shows it."""

import json
import re
from types import SimpleNamespace

import pytest
from django.test import Client
from openapi_spec_validator import validate

from commands.engine.decider import handlers
from config import routing
from config.openapi import BASE, document
from config.problems import PROBLEMS
from eventstore import openapi
from eventstore.http import problem_body
from tests.examples import contract
from tests.examples.people import SAM

DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: operation
    for operations in DOCUMENT["paths"].values()
    for operation in operations.values()
}
ADDRESSED = {name for name, handler in handlers().items() if not handler.internal}
RESPONSES = [
    pytest.param(operation, status, media, id=f"{name}-{status}-{media}")
    for name, operation in OPERATIONS.items()
    for status in operation["responses"]
    for media in operation["responses"][status].get("content", ())
]
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def of_media(described, media="application/json"):
    """A media type of a body, the only one or this, its schema and its examples."""
    found = described["content"]
    if len(found) == 1:
        (media,) = found
    content = found[media]
    return media, content["schema"], [item["value"] for item in content["examples"].values()]


def test_it_is_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT)


def test_it_has_every_route_and_nothing_else():
    routes = {
        (BASE + re.sub(r"<\w+:(\w+)>", r"{\1}", address), method)
        for address, views in routing.routes().items()
        for method in views
    }
    described = {
        (path, method.upper())
        for path, operations in DOCUMENT["paths"].items()
        for method in operations
    }
    assert described == routes


def test_it_has_every_command():
    assert OPERATIONS.keys() >= ADDRESSED


def test_each_operation_has_a_name_of_its_own():
    assert len(OPERATIONS) == sum(len(methods) for methods in DOCUMENT["paths"].values())


@each_operation
def test_it_says_what_an_operation_is_for(operation):
    assert operation["summary"].endswith(".")
    assert operation["tags"]
    assert all(parameter["description"] for parameter in operation["parameters"])


@each_operation
def test_each_body_has_examples_that_it_takes(operation):
    if "requestBody" not in operation:
        return
    media, schema, examples = of_media(operation["requestBody"])
    assert media == "application/json"
    assert examples
    for example in examples:
        contract.validator(schema).validate(example)


@each_operation
def test_each_parameters_example_is_one(operation):
    for parameter in operation["parameters"]:
        if "example" in parameter:
            contract.validator(parameter["schema"]).validate(parameter["example"])


@pytest.mark.parametrize(("operation", "status", "media"), RESPONSES)
def test_each_answer_has_examples_that_it_shows(operation, status, media):
    media, schema, examples = of_media(operation["responses"][status], media)
    assert examples
    for example in examples:
        contract.validator(schema).validate(example)
        if status >= "400":
            assert media == "application/problem+json"
            assert example["status"] == int(status)
            assert example["type"] == f"/problems/{example['code']}"


def test_every_problem_that_an_operation_can_have_is_shown():
    shown = {
        code
        for operation in OPERATIONS.values()
        for status, response in operation["responses"].items()
        if status >= "400"
        for code in response["content"]["application/problem+json"]["examples"]
    }
    assert PROBLEMS.keys() - shown == {"method-not-allowed"}


@pytest.mark.parametrize("name", sorted(ADDRESSED))
def test_each_refusal_of_a_command_has_an_example(name):
    shown = {
        example["code"]: example
        for status, response in OPERATIONS[name]["responses"].items()
        if status >= "400"
        for example in of_media(response)[2]
    }
    for refusal in handlers()[name].refusals:
        facts = refusal(**refusal.example).as_answer()["facts"]
        assert shown[refusal.code].items() >= facts.items()


def test_what_was_made_leads_to_what_may_be_done_with_it():
    links = OPERATIONS["open_account"]["responses"]["201"]["links"]
    assert links["get_account"]["parameters"] == {"code": "$response.body#/account/code"}
    assert {"list_entries", "change_account_details"} <= links.keys()
    assert OPERATIONS["post_transfer"]["responses"]["201"]["links"].keys() == {
        "get_transfer",
        "reverse_transfer",
    }


def test_two_schemas_of_one_name_are_refused():
    openapi.component("Problematic", {"type": "string"})
    openapi.component("Problematic", {"type": "string"})
    with pytest.raises(ValueError, match="two schemas are called Problematic"):
        openapi.component("Problematic", {"type": "integer"})


# --- how it is served ------------------------------------------------------------------------


def test_everybody_may_read_it():
    answer = Client().get("/api/v1/schema/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


@pytest.mark.parametrize("path", ["/api/v1/schema/", "/api/v1/docs/"])
def test_it_is_only_read(path):
    answer = Client().post(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer["Content-Type"] == "application/problem+json"


def test_its_page_has_no_script_within_and_names_no_other_host():
    answer = Client().get("/api/v1/docs/")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert re.findall(r"<script(?! src=\"/static/)", page) == []
    assert re.findall(r"<style|style=|//\w", page) == []


# --- every answer in the test-suite is held against it ---------------------------------------


def answering(status, body, media="application/json", path="api/v1/accounts"):
    request = SimpleNamespace(resolver_match=SimpleNamespace(route=path), method="GET")
    return SimpleNamespace(
        wsgi_request=request,
        status_code=status,
        content=json.dumps(body).encode(),
        headers={"Content-Type": media},
    )


NO = problem_body("malformed", 400, "No.")
LIST = {"position": 1, "accounts": [], "next": None, "has_more": False}


@pytest.mark.parametrize(
    "answer",
    [
        answering(200, {**LIST, "count": 0}),
        answering(200, {"position": 1, "accounts": [], "next": None}),
        answering(200, {**LIST, "accounts": [{"code": "ann"}]}),
        answering(200, LIST, media="text/html"),
        answering(201, LIST),
        answering(400, {"detail": "No."}, media="application/problem+json"),
        answering(400, NO | {"code": "unheard-of"}, media="application/problem+json"),
    ],
)
def test_an_answer_it_does_not_have_fails_whichever_test_asked(answer):
    with pytest.raises(AssertionError):
        contract.hold(answer)


def test_an_answer_it_has_passes():
    contract.hold(answering(200, LIST))
    contract.hold(answering(400, NO, media="application/problem+json"))


@pytest.mark.django_db
def test_the_test_clients_answers_are_held_against_it(monkeypatch):
    from tests.examples.http import Api

    api = Api(SAM)
    assert api.get("/accounts").status_code == 200
    monkeypatch.setattr("eventstore.pages.Page.answer", lambda *a, **b: {"accounts": []})
    with pytest.raises(AssertionError, match="answers what its schema does not"):
        api.get("/accounts")
