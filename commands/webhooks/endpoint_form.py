"""The admin's form of an endpoint, held against the shape of the API's own bodies."""

from collections.abc import Mapping
from typing import Any, Self

from django.http import QueryDict

from commands.engine.errors import Malformed
from commands.webhooks.models import Endpoint
from commands.webhooks.serializers import CreateWebhookShape, event_types


class EndpointForm:
    """What stands in the fields, and under the name of each what is wrong with it."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body, self.wrong = body, dict[str, str]()

    @classmethod
    def of(cls, endpoint: Endpoint | None) -> Self:
        """The form as it is opened: empty, or with what the endpoint is."""
        if endpoint is None:
            return cls({"url": "", "types": [], "prefix": ""})
        return cls({"url": endpoint.url, "types": endpoint.types, "prefix": endpoint.prefix})

    @classmethod
    def sent(cls, fields: QueryDict) -> Self:
        """The form as it comes back."""
        texts = {name: fields.get(name, "").strip() for name in ("url", "prefix")}
        return cls({**texts, "types": fields.getlist("types")})

    def load(self) -> dict[str, Any] | None:
        """What the endpoint shall be; None when something is wrong."""
        try:
            return CreateWebhookShape.load(self.body)
        except Malformed as error:
            for pointer, sentence in error.errors:
                self.wrong.setdefault(pointer.split("/")[1], sentence)
            return None

    def types(self) -> list[tuple[str, bool]]:
        """Every type of event there is, and whether it is chosen."""
        return [(name, name in self.body["types"]) for name in event_types()]
