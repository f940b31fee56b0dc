"""What every read over HTTP has in common."""

from typing import Any

from rest_framework.response import Response


def answer(body: dict[str, Any], position: int, **headers: str) -> Response:
    """A read's answer, which says at which position it was read."""
    return Response(body, headers={"Daybook-Position": str(position), **headers})
