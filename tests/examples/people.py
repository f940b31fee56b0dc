"""The cast: Ann and Bob own accounts, Eve is a stranger, Vic may look, Sam runs the place.

Flo may do what Sam may, and force it; Cleo closes the books.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from commands.access.principal import SYSTEM, Principal


@dataclass(frozen=True)
class Person:
    name: str
    id: UUID
    rights: frozenset[str] = frozenset()
    prefix: str = ""

    @property
    def principal(self) -> Principal:
        return Principal(user=self.id, name=self.name, rights=self.rights, prefix=self.prefix)

    def under(self, prefix: str) -> "Person":
        """They, asking with a token for the accounts under a prefix."""
        return replace(self, prefix=prefix)


ANN = Person("ann", UUID(int=0xA))
BOB = Person("bob", UUID(int=0xB))
EVE = Person("eve", UUID(int=0xE))
VIC = Person("vic", UUID(int=0xC), frozenset({"view"}))
FLO = Person("flo", UUID(int=0xF), frozenset({"view", "operate", "force"}))
CLEO = Person("cleo", UUID(int=0xCE), frozenset({"view", "close"}))
SAM = Person("sam", UUID(int=0x5), frozenset({"view", "operate"}))
PRODUCT = Person("system", SYSTEM.user, SYSTEM.rights)
"""The product itself, which asks for what nobody else does."""
