"""What all operations of the OpenAPI document share: problems, headers, and who may ask."""

from eventstore import openapi
from eventstore.openapi import closed, like, listing

BASE = "/api/v1/"
INFO = {
    "title": "Daybook",
    "version": "1",
    "summary": "An event-sourced ledger: accounts, balances and transfers.",
    "description": (
        "Amounts are integers in the minor unit of their currency; answers have them as strings of"
        " digits. Errors are `application/problem+json`, with a `code` and the facts of the case."
        " What events say is described at `/api/v1/schema/events/`."
    ),
    "license": {"name": "MIT", "identifier": "MIT"},
}
PROBLEM = {
    **closed(
        {
            "type": {"type": "string", "format": "uri-reference"},
            "title": openapi.TEXT,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": openapi.TEXT,
            "code": openapi.TEXT,
            "errors": listing(
                closed(
                    {
                        "pointer": like(openapi.TEXT, "/amount", "The place in the body."),
                        "parameter": like(
                            openapi.TEXT, "limit", "The name in the query, or the header."
                        ),
                        "detail": openapi.TEXT,
                    },
                    optional=("pointer", "parameter"),
                )
            ),
        }
    ),
    "description": "Why not, as RFC 9457 has it; beside these members stand the facts of the case.",
    "additionalProperties": True,
}
HEADERS = {
    "Daybook-Request": like(openapi.UUID, openapi.UUID["examples"][0], "The request's id."),
    "Daybook-Position": {**openapi.POSITION, "description": "The position of what is shown."},
    "Daybook-Epoch": like({"type": "integer", "minimum": 1}, 1, "Raised when a log is restored."),
    "Daybook-Format": like({"type": "integer", "minimum": 1}, 1, "How a statement is written."),
    "Daybook-Dry-Run": like(openapi.one_of("true"), "true", "Nothing was kept."),
    "Idempotent-Replayed": like(openapi.one_of("true"), "true", "Answered before, with this key."),
    "Preference-Applied": like(openapi.TEXT, "respond-async", "Of Prefer, what was followed."),
    "Link": like(openapi.TEXT, '</api/v1/accounts?cursor=…>; rel="next"', "The next page, say."),
    "ETag": like(openapi.TEXT, '"17"', "The version, for If-Match; of others a digest."),
    "Allow": like(openapi.TEXT, "GET, HEAD, OPTIONS", "The methods of this address."),
    "RateLimit": like(
        openapi.TEXT,
        '"user";r=9;t=1',
        "Where requests are limited: how many remain, and in how many seconds all are back.",
    ),
    "RateLimit-Policy": like(
        openapi.TEXT, '"user";q=10;w=1', "Where they are: how many, in how many seconds."
    ),
    "Deprecation": like(openapi.TEXT, "@1767225600", "Since when this is deprecated (RFC 9745)."),
    "Sunset": like(
        openapi.TEXT, "Fri, 01 Jan 2027 00:00:00 GMT", "When it may be gone (RFC 8594)."
    ),
    "Retry-After": like({"type": "integer", "minimum": 1}, 1, "Seconds to wait."),
    "Location": like(openapi.TEXT, f"{BASE}requests/{openapi.UUID['examples'][0]}", "Look here."),
    "WWW-Authenticate": like(openapi.TEXT, "Bearer", "How to say who asks."),
}
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "`db_<id>_<secret>`, as `manage.py create_token` prints it.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "Of a logged-in page; writes need its CSRF token in `X-CSRFToken` too.",
    },
}
