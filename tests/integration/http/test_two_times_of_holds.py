"""What was held at another time, and on all pages of a list."""

from datetime import timedelta

import pytest

from commands.ledger.messages import (
    CaptureHold,
    ChangeOverdraftLimit,
    FreezeAccount,
    PlaceHold,
    ReleaseHold,
    UnfreezeAccount,
)
from eventstore.store import latest_position, read_all
from projections.ledger.models import Hold
from tests.examples.asking import ask, rich
from tests.examples.clock import standing
from tests.examples.http import Api
from tests.examples.ledger import open_account, pay
from tests.examples.past import ann_had_more
from tests.examples.people import SAM

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam():
    return Api(SAM)


@pytest.fixture
def then(sam):
    return ann_had_more()


# --- holds and states ------------------------------------------------------------------------


def test_what_was_held_is_of_the_position_with_what_was_captured_by_then(sam, then):
    ask(open_account("shop"))
    placed = PlaceHold(account="ann", amount=200, payee="shop")
    other = PlaceHold(account="ann", amount=50)
    seen = {}

    def happens(command):
        assert ask(command).succeeded, command
        account = sam.get("/accounts/ann").json()
        seen[account["position"]] = account

    happens(placed)
    happens(other)
    happens(CaptureHold(account="ann", hold=placed.hold, amount=80, final=False))
    happens(CaptureHold(account="ann", hold=placed.hold, amount=20, final=False))
    happens(FreezeAccount(account="ann", scope="debits", reason="asked"))
    happens(ReleaseHold(account="ann", hold=other.hold))
    happens(UnfreezeAccount(account="ann", reason="done"))
    happens(CaptureHold(account="ann", hold=placed.hold, amount=10))
    happens(ChangeOverdraftLimit(account="ann", overdraft_limit=5, reason="asked"))
    assert [account["held"] for account in seen.values()] == [
        *("200", "250", "170", "150", "150", "100", "100", "0", "0")
    ]
    for position, account in seen.items():
        assert sam.get(f"/accounts/ann?at_position={position}").json() == account
    for position in list(seen)[:-1]:
        (row,) = [
            row
            for row in sam.get(f"/balances?at_position={position}").json()["balances"]
            if row["account"] == "ann"
        ]
        assert row.items() >= {"held": seen[position]["held"]}.items()


def test_a_hold_is_over_when_its_time_was_over_by_the_time_of_the_position(sam, then):
    ask(PlaceHold(account="ann", amount=200, expires_in=3_600))
    position = latest_position()
    hold = Hold.objects.get()
    placed_at = read_all(after=position - 1)[0].recorded_at
    ask(pay("world", "ann", 1))
    held = {"at_position": position, "at_head": latest_position()}
    for over in (placed_at + timedelta(microseconds=1), placed_at):
        Hold.objects.filter(id=hold.id).update(expires_at=over)
        shown = [
            sam.get(f"/accounts/ann?at_position={held[name]}").json()["held"]
            for name in ("at_position", "at_head")
        ]
        assert shown == (["200", "0"] if over > placed_at else ["0", "0"])


def test_all_pages_of_balances_tell_the_same_time_of_holds(sam):
    with standing() as clock:
        for code in ("ann", "bob", "eve"):
            rich(code, 500)
            ask(PlaceHold(account=code, amount=200, expires_in=1))

        def held(first="", between=0):
            page = sam.get(f"/balances?limit=1{first}").json()
            found = list(page["balances"])
            while page["next"]:
                clock.advance(seconds=between)
                page = sam.get(f"/balances?limit=1&cursor={page['next']}").json()
                found += page["balances"]
            return [row["held"] for row in found]

        assert held(between=5) == ["200", "200", "200", "0"], "over while the pages were turned"
        assert held() == ["0", "0", "0", "0"], "over, and nothing was recorded since"
        assert held(f"&at_position={latest_position()}") == ["200", "200", "200", "0"]
