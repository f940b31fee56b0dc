"""Clients of a stream of the log, over sockets of their own."""

import http.client
import json
from typing import Any

EVENTS = "/api/v1/events/stream"


class Listener:
    """Reads Server-Sent Events as a browser would; `last` is the id it would come back with."""

    def __init__(
        self, served: Any, headers: dict[str, str], query: str = "", *, path: str = EVENTS
    ) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        self.connection.request("GET", path + query, headers=headers)
        self.answer = self.connection.getresponse()
        self.last = ""

    def message(self) -> dict[str, str] | None:
        """The fields of the next message, a comment's name is empty; None when there is no more."""
        fields = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                self.last = fields.get("id", self.last)
                return fields
            name, _, value = line.rstrip("\n").partition(":")
            fields[name] = value.removeprefix(" ")
        return None

    def opened(self) -> "Listener":
        """Itself, when the stream has begun."""
        assert self.answer.status == 200, self.answer.read()
        assert self.message() == {"retry": "1000"}
        mark = self.message()
        assert mark is not None
        assert mark.keys() == {"", "id"}
        return self

    def events(self, count: int) -> list[int]:
        """The positions of the next events."""
        found = []
        while len(found) < count:
            message = self.message()
            assert message is not None, f"the stream ended after {found}"
            if "data" in message:
                event = json.loads(message["data"])
                assert message["id"].endswith(f":{event['position']}")
                assert message["event"] == event["type"]
                found.append(event["position"])
        return found

    def outcome(self) -> tuple[str, str]:
        """How the next request ended, and its id."""
        while True:
            message = self.message()
            assert message is not None, "the stream ended"
            if "data" in message:
                return message["event"], json.loads(message["data"])["id"]

    def ends(self) -> bool:
        """Whether there is nothing more to read, of signs of life apart."""
        while (message := self.message()) is not None:
            if "data" in message:
                return False
        return True

    def close(self) -> None:
        self.answer.close()
        self.connection.close()
