"""Who may and who sees what, as the rules ask it."""

from uuid import UUID

import pytest

from commands.access.principal import RIGHTS, SYSTEM, Principal

ANN, BOB = UUID(int=1), UUID(int=2)


def having(*rights: str, **about: object) -> Principal:
    return Principal(ANN, "ann", frozenset(rights), **about)


def test_it_may_what_it_has_a_right_to():
    assert [right for right in RIGHTS if having("force").may(right)] == ["force"]
    assert not any(having().may(right) for right in RIGHTS)
    assert all(SYSTEM.may(right) for right in RIGHTS)


def test_it_views_what_it_operates():
    assert having("operate").may("view")
    assert not having("view").may("operate")


def test_it_reaches_as_far_as_its_token():
    assert having().allows("write")
    assert having(scopes=frozenset({"read"})).allows("read")
    assert not having(scopes=frozenset({"read"})).allows("write")


@pytest.mark.parametrize(
    ("principal", "owner", "sees"),
    [
        (having(), ANN, True),
        (having(), BOB, False),
        (having(), None, False),
        (having("close"), BOB, False),
        (having("view"), BOB, True),
        (having("operate"), None, True),
        (having(prefix="shop:1"), ANN, True),
        (having(prefix="shop:2"), ANN, False),
        (having("operate", prefix="shop:2"), None, False),
    ],
)
def test_it_sees_its_own_accounts_and_staff_all_under_the_prefix(principal, owner, sees):
    assert principal.sees("shop:1:main", owner) is sees
