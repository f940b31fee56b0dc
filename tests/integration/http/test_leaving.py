"""An operation that is to go: the document says so, and each of its answers."""

from datetime import date
from typing import ClassVar

import pytest
from django.test import RequestFactory
from rest_framework.response import Response
from rest_framework.views import APIView

from config import openapi, routing
from eventstore.leaving import Leaving
from eventstore.openapi import Operation, closed


class Old(APIView):
    """Says what it always said."""

    operation = Operation(id="get_old", shows=closed({}))
    leaving: ClassVar = Leaving(date(2026, 1, 1), date(2027, 1, 1), "/how-to-use-the-api")
    authentication_classes = permission_classes = ()

    def get(self, request):
        link = request.GET.get("link")
        return Response({}, headers={"Link": link} if link else {})

    @classmethod
    async def lean(cls, request):
        return Response({})


ADDRESS = routing.Address({"GET": Old.as_view()})
EXPECTED = {
    "Deprecation": "@1767225600",
    "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT",
    "Link": '</how-to-use-the-api>; rel="deprecation"',
}


def test_it_says_since_when_and_until_when():
    answer = ADDRESS(RequestFactory().get("/old"))
    assert EXPECTED.items() <= answer.headers.items()


def test_it_keeps_its_other_links():
    link = '</old?cursor=x>; rel="next"'
    answer = ADDRESS(RequestFactory().get("/old", {"link": link}))
    assert answer["Link"] == f"{link}, {EXPECTED['Link']}"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_half_that_awaits_says_so_too(anyio_backend):
    lean = ADDRESS.lean("GET")
    answer = await lean(RequestFactory().get("/old"))
    assert EXPECTED.items() <= answer.headers.items()


def test_the_document_says_so(monkeypatch):
    monkeypatch.setattr(routing, "routes", lambda: {"old": {"GET": Old.as_view()}})
    described = openapi.document.__wrapped__()["paths"]["/api/v1/old"]["get"]
    assert described["deprecated"] is True
    assert {"Deprecation", "Sunset", "Link"} <= described["responses"]["200"]["headers"].keys()


def test_nothing_else_says_so():
    for operations in openapi.document()["paths"].values():
        for operation in operations.values():
            assert "deprecated" not in operation
