"""UUIDv7: ids that sort by the time they were drawn (RFC 9562, section 5.7)."""

import os
import time
from datetime import datetime
from hashlib import sha256
from uuid import UUID


def uuid7() -> UUID:
    """48 bits of milliseconds since 1970, the version and variant bits, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (random >> 68) << 64
    return UUID(int=value | 0b10 << 62 | random & (1 << 62) - 1)


def derived_uuid7(moment: datetime, *said: str) -> UUID:
    """The id that sorts by this time and is the same whenever it is made of the same."""
    value = int.from_bytes(sha256("\0".join(said).encode()).digest()[:16], "big")
    value = value & (1 << 76) - 1 & ~(0b11 << 62) | 0b10 << 62 | 0x7 << 76
    return UUID(int=first_uuid7(moment).int | value)


def first_uuid7(of: datetime) -> UUID:
    """What no id sorts before that was drawn at this time or later."""
    return UUID(int=int(of.timestamp() * 1000) << 80)
