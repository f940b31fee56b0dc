"""Two blocks of Ethereum: transactions of many legs in 77 assets, amounts up to 31 digits."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from eventstore.events.currencies import to_decimal_text
from tests.examples.real.importing import Account, ImportFiles, Row, read, write

ETHER = "ETH"
MAX_LEGS = 100

# The source has amounts in base units and says how many make one whole only for ether; with
# exponent 0 a token's amount stands in the book exactly as it stands in the block.
EXPONENTS = {"native": 18, "erc20": 0, "erc721": 0}


class Amount(NamedTuple):
    """What one leg of the source moves: in which transaction, to whom, how much of what unit."""

    reference: str
    to: str
    minor: int
    currency: str


def convert(folder: Path, into: Path, zeros: bool = False) -> ImportFiles:
    """Turn the legs into import files: an account per address and asset, a transfer per hash.

    What an account sends to itself are two legs on it. Amounts of zero, which a ledger does not
    know, are left out unless `zeros` says to write them down too.
    """
    accounts = {}
    for leg in read(folder, "legs.csv"):
        for address in (leg["from_account"], leg["to_account"]):
            accounts[address, leg["asset"]] = _account(address, leg)
    return write(into, accounts.values(), _transfers(folder, zeros))


def currencies(folder: Path) -> str:
    """The assets as DAYBOOK_CURRENCIES wants them, `ETH:18,…`; ValueError if two would be one."""
    exponents: dict[str, int] = {}
    assets: dict[str, str] = {}
    for leg in read(folder, "legs.csv"):
        code = _currency(leg)
        if assets.setdefault(code, leg["asset"]) != leg["asset"]:
            raise ValueError(f"{code} would stand for {leg['asset']} and {assets[code]}")
        exponents[code] = EXPONENTS[leg["standard"]]
    return ",".join(f"{code}:{exponent}" for code, exponent in exponents.items())


def zero_transactions(folder: Path) -> frozenset[str]:
    """The transactions with an amount of zero; ValueError if one of them moves anything else."""
    found: dict[str, list[int]] = {}
    for leg in read(folder, "legs.csv"):
        found.setdefault(leg["tx_hash"], []).append(int(leg["amount_base_units"]))
    mixed = [name for name, amounts in found.items() if 0 in amounts and any(amounts)]
    if mixed:
        raise ValueError(f"{mixed[0]} has amounts of zero among others")
    return frozenset(name for name, amounts in found.items() if 0 in amounts)


def amounts(folder: Path) -> Iterator[Amount]:
    """Every amount that is moved, in the source's order."""
    for leg in read(folder, "legs.csv"):
        to = _code(leg["to_account"], leg["asset"])
        yield Amount(leg["tx_hash"], to, int(leg["amount_base_units"]), _currency(leg))


def expected_balances(folder: Path) -> dict[str, int]:
    """Net change of every account in base units; accounts open at zero and may go below it."""
    return {
        _code(row["account"], row["asset"]): int(row["net_change_base_units"])
        for row in read(folder, "net_changes.csv")
    }


def _transfers(folder: Path, zeros: bool) -> Iterator[Row]:
    previous, legs = "", 0
    for leg in read(folder, "legs.csv"):
        if _is_zero(leg) and not zeros:
            continue
        legs = legs + 2 if leg["tx_hash"] == previous else 2
        previous = leg["tx_hash"]
        if legs > MAX_LEGS:
            raise ValueError(f"{previous} has more than {MAX_LEGS} legs")
        yield _row(leg)


def _row(leg: dict[str, str]) -> Row:
    asset, minor = leg["asset"], int(leg["amount_base_units"])
    return Row(
        reference=leg["tx_hash"],
        effective_on=datetime.fromtimestamp(int(leg["timestamp"]), UTC).date().isoformat(),
        debit=_code(leg["from_account"], asset),
        credit=_code(leg["to_account"], asset),
        amount=to_decimal_text(minor, EXPONENTS[leg["standard"]]),
        currency=_currency(leg),
        description=f"block {leg['block']}",
    )


def _account(address: str, leg: dict[str, str]) -> Account:
    name = f"{_currency(leg)} of {address}"
    return Account(_code(address, leg["asset"]), name, _currency(leg), "credit")


def _code(address: str, asset: str) -> str:
    return f"{address}:{asset.lower()}"


def _currency(leg: dict[str, str]) -> str:
    """ETH, or the kind of token and as much of its contract's address as 24 characters hold."""
    if leg["standard"] == "native":
        return ETHER
    return f"{leg['standard']}-{leg['asset'][2:]}".upper()[:24]


def _is_zero(leg: dict[str, str]) -> bool:
    return int(leg["amount_base_units"]) == 0
