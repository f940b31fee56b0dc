"""What events look like, for programs: a file for each type and schema, kept for ever.

The files are in docs/events; what an older schema was is known from its file alone.
"""

import json
import re
from functools import cache

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from config.essays import DOCS
from eventstore.json_schemas import file_name, json_schema
from eventstore.registry import registered

FOLDER = DOCS / "events"
SCHEMA_JSON = "application/schema+json"
AS_IT_IS = {"Cache-Control": "no-cache"}


def texts() -> dict[str, str]:
    """The files of what is written to the log now, by name."""
    return {
        file_name(entry.name, entry.schema): json.dumps(
            json_schema(entry), ensure_ascii=False, indent=2
        )
        + "\n"
        for entry in registered()
        if entry.cls.__module__.startswith("eventstore.events.")
    }


@cache
def known() -> dict[str, str]:
    """Every file that there is, by name."""
    files = sorted(FOLDER.glob("*.json"))
    return {each.name: each.read_text(encoding="utf-8") for each in files}


def all_schemas(request: HttpRequest) -> HttpResponse:
    """Which types and schemas there are, and where; everybody may read them."""
    listed = []
    for name in known():
        type_, schema = re.fullmatch(r"(.+)\.(\d+)\.json", name).groups()  # type: ignore[union-attr]
        at = reverse("event-schema", args=[name])
        listed.append({"type": type_, "schema": int(schema), "href": at})
    return JsonResponse({"schemas": listed}, headers=AS_IT_IS)


def one_schema(request: HttpRequest, name: str) -> HttpResponse:
    """The schema of one of them."""
    if name not in known():
        raise Http404
    return HttpResponse(known()[name], content_type=SCHEMA_JSON, headers=AS_IT_IS)
