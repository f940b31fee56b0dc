"""Find the domains: a domain is a folder of one name under commands and projections."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def domains(side: str, holding: str) -> list[str]:
    """The dotted paths of the side's domain folders that hold a file or folder of that name."""
    return sorted(
        f"{side}.{path.parent.name}"
        for path in (ROOT / side).glob(f"*/{holding}")
        if path.parent.name not in {"engine", "access", "webhooks"}
    )
