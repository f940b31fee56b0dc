"""Where webhooks may reach: public addresses, and the networks that an operator allows."""

import re
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2000
LOOKING_UP = 2.0
"""Seconds for which whoever names an address is kept waiting for what its name leads to."""

LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
HOST = rf"(?:\[[0-9a-f:.]{{2,45}}\]|{LABEL}(?:\.{LABEL})*)"
REST = r"[a-zA-Z0-9._~!$&'()*+,;=:@/%-]"
URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    rf"(?P<path>/{REST}*)?(?P<query>\?(?:{REST}|\?)*)?",
    re.ASCII,
)
NO_URL = (
    "This must be an address such as https://example.com/hook: in ASCII, with a name in lower case,"
    " without a user, a password or a fragment."
)
NOT_PLAIN = "This must be https; plain http is for networks of DAYBOOK_WEBHOOK_ALLOW alone."

UNICAST = IPv6Network("2000::/3")
TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""
SPECIAL = [
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "2001::/23",  # IETF protocol assignments; Teredo, which embeds a server and a client
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
]
"""Networks that are not the public's, whichever of them this Python knows by itself."""

_threads = ThreadPoolExecutor(32, thread_name_prefix="resolve")
# Of its own: a name server that is silent holds a thread for longer than any attempt may take.


class NotAllowed(Exception):
    """The address is none that webhooks may reach; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Name and port as the header `Host` has them; a usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme] == self.port
        return host if usual else f"{host}:{self.port}"


def target(url: str) -> Target:
    """The parts of a URL, each read just once: nobody after this reads it another way.

    Raises:
        NotAllowed: it is none that webhooks take.
    """
    found = URL.fullmatch(url)
    if found is None or len(url) > MAX_URL or len(found["host"]) > 253:
        raise NotAllowed(NO_URL)
    port = int(found["port"] or (443 if found["scheme"] == "https" else 80))
    if port > 65535:
        raise NotAllowed("A port is at most 65535.")
    path = (found["path"] or "/") + (found["query"] or "")
    return Target(found["scheme"], found["host"].strip("[]"), port, path)


# --- judging -----------------------------------------------------------------------------------


def is_public(address: Address) -> bool:
    """Whether anybody on the internet could reach this; what embeds another is judged by that."""
    if inner := embedded(address):
        return is_public(inner)
    if any(address in network for network in SPECIAL):
        return False
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for: mapped, 6to4 or NAT64.

    Those for NAT64 within a site (64:ff9b:1::/48) and those of Teredo never count as public ones.
    """
    if isinstance(address, IPv4Address):
        return None
    if address in TRANSLATED:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def judge(addresses: Sequence[Address], scheme: str, allowed: Sequence[Network]) -> None:
    """See that a name leads to nothing but what webhooks may reach.

    Raises:
        NotAllowed: some address is neither public nor allowed, or is not allowed plain http.
    """
    for address in addresses:
        inside = any(each in network for each in _forms(address) for network in allowed)
        if scheme == "http" and not inside:
            raise NotAllowed(NOT_PLAIN)
        if not inside and not is_public(address):
            raise NotAllowed("This leads to no public address.")


def _forms(address: Address) -> Iterator[Address]:
    yield address
    if inner := embedded(address):
        yield inner


# --- resolving ---------------------------------------------------------------------------------


def resolve(host: str, port: int) -> list[Address]:
    """All addresses that a name leads to now.

    Raises:
        OSError: there are none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(each[4][0]) for each in found))


def resolving(host: str, port: int) -> "Future[list[Address]]":
    """The same in a thread that may wait for name servers for as long as they please."""
    return _threads.submit(resolve, host, port)


def check(url: str, allowed: Sequence[Network]) -> None:
    """See whether an address is one for webhooks; this only says early what sending finds out.

    A name that leads nowhere yet is taken.

    Raises:
        NotAllowed: it is none.
    """
    asked = target(url)
    if asked.scheme == "http" and not allowed:
        raise NotAllowed(NOT_PLAIN)
    try:
        found = resolving(asked.host, asked.port).result(LOOKING_UP)
    except (OSError, TimeoutError):
        return
    judge(found, asked.scheme, allowed)
