"""Who asks: a user with rights, perhaps narrowed by a token."""

from dataclasses import dataclass
from uuid import UUID

RIGHTS = ("view", "operate", "force", "close")


@dataclass(frozen=True, slots=True)
class Principal:
    """A user as rules see it; `scopes` None leaves all rights, `prefix` bounds the codes."""

    user: UUID
    name: str
    rights: frozenset[str] = frozenset()
    scopes: frozenset[str] | None = None
    prefix: str = ""

    def may(self, right: str) -> bool:
        """Whether the user has this right; whoever operates may also view."""
        return right in self.rights or (right == "view" and "operate" in self.rights)

    def allows(self, scope: str) -> bool:
        """Whether the token in use, if any, reaches this far."""
        return self.scopes is None or scope in self.scopes

    def sees(self, code: str, owner: UUID | None) -> bool:
        """Whether the account is their own, or any for staff, and under their token's prefix."""
        return code.startswith(self.prefix) and (self.may("view") or owner == self.user)


SYSTEM = Principal(
    user=UUID("00000000-0000-7000-8000-000000000000"), name="system", rights=frozenset(RIGHTS)
)
"""Acts for the product itself: imports, expiry, reactions."""
