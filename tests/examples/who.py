"""Everybody who could ask, and who of them gets what."""

from tests.examples.people import ANN, BOB, SAM, VIC

NOBODY = "anonymous"
WHO = {
    "owner": (ANN, {}),
    "other owner": (BOB, {}),
    "view": (VIC, {}),
    "operate": (SAM, {}),
    "read token": (SAM, {"scopes": ["read"]}),
    "write token": (SAM, {"scopes": ["write"]}),
    "events token": (SAM, {"scopes": ["events:read"]}),
    "prefix token": (SAM, {"prefix": "bob"}),
}
"""Ann owns the account `ann`, Bob `bob`; the tokens are Sam's, who operates."""


def may(*people: str, other: int = 403) -> dict[str, int]:
    """These get through; nobody gets 401, and all others what is said."""
    return {NOBODY: 401, **dict.fromkeys(WHO, other), **dict.fromkeys(people, 200)}


READERS = ("owner", "other owner", "view", "operate", "read token", "prefix token")
STAFF = ("view", "operate", "read token")
WRITERS = ("operate", "write token")
NO_READ = {"write token": 403, "events token": 403}
NO_WRITE = {"read token": 403, "events token": 403}

SHARED = may("owner", "other owner", "prefix token", *STAFF) | NO_READ
"""A hold on Ann's account is for Bob's."""
CAPTURED = may("other owner", *WRITERS) | NO_WRITE
"""For those who operate and see both accounts, and for the payee."""
OPERATED = may(*WRITERS, other=404) | NO_WRITE | {"owner": 403, "view": 403}
"""For those who operate; who sees the account is told that they may not."""
OWN = may("owner", *WRITERS, other=404) | NO_WRITE | {"view": 403}
"""For its owner, and for those who operate."""
