"""UUIDv7: ids that sort by the time they were drawn (RFC 9562, section 5.7)."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """48 bits of milliseconds since 1970, the version and variant bits, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (random >> 68) << 64
    return UUID(int=value | 0b10 << 62 | random & (1 << 62) - 1)


def first_uuid7(of: datetime) -> UUID:
    """What no id sorts before that was drawn at this time or later."""
    return UUID(int=int(of.timestamp() * 1000) << 80)
