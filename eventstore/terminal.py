"""How texts, sizes and times are told on a terminal."""


def harmless(text: str) -> str:
    """The text with a mark in the place of each character that could steer a terminal."""
    return "".join(each if each.isprintable() else "�" for each in text)


def size(octets: float) -> str:
    """So many bytes as people say it: `512 B`, `12.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if octets < 1000:
            return f"{octets:.0f} B" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1000
    return f"{octets:,.1f} TB"


def span(seconds: float) -> str:
    """A time as people say it: `42 s`, `3:07 min`, `2:05 h`, `12 days`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    if whole < 48 * 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02} h"
    return f"{whole // 86_400:,} days"
