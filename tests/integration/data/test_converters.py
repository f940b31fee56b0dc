"""The converters against the sources' own figures, in plain Python: no database is asked."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest

from eventstore.events.currencies import ISO, Currency, from_decimal_text, parse_configured
from tests.examples.real import DATA, berka, ethereum, needs_real_data, opencollective
from tests.examples.real.books import (
    BERKA,
    BERKA_SAMPLE,
    BOOKS,
    ETHEREUM,
    GRATIPAY_2013,
    GRATIPAY_2017,
    OPEN_COLLECTIVE,
    Book,
)
from tests.examples.real.importing import (
    ACCOUNT_COLUMNS,
    TRANSFER_COLUMNS,
    Account,
    write,
)

pytestmark = needs_real_data


@dataclass
class Posted:
    """What the two files say when somebody who knows nothing of Daybook adds them up."""

    accounts: dict[str, dict[str, str]]
    transfers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    balances: Counter[str] = field(default_factory=Counter)
    entries: dict[str, list[tuple[str, int, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def legs(self, rows: list[dict[str, str]]) -> int:
        return sum(bool(row["debit"]) + bool(row["credit"]) for row in rows)


def posted(book: Book, into: Path) -> Posted:
    files = book.convert(into)
    known = ISO | parse_configured(book.currencies())
    result = Posted({row["code"]: row for row in rows_of(files.accounts, ACCOUNT_COLUMNS)})
    transfers = rows_of(files.transfers, TRANSFER_COLUMNS)
    for reference, group in groupby(transfers, key=lambda row: row["reference"]):
        assert reference not in result.transfers, "rows of one reference are adjacent"
        result.transfers[reference] = list(group)
        for code, net in nets(result.transfers[reference], known).items():
            change = net if result.accounts[code]["normal_balance"] == "debit" else -net
            result.balances[code] += change
            result.entries[code].append((reference, change, result.balances[code]))
    return result


def rows_of(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == columns
        yield from reader


def nets(rows: list[dict[str, str]], known: dict[str, Currency]) -> dict[str, int]:
    """Debits less credits by account, after proving that each currency balances."""
    by_account: Counter[str] = Counter()
    by_currency: Counter[str] = Counter()
    for row in rows:
        amount = from_decimal_text(row["amount"], known[row["currency"]].exponent)
        assert amount > 0
        for side, sign in (("debit", 1), ("credit", -1)):
            if row[side]:
                by_account[row[side]] += sign * amount
                by_currency[row["currency"]] += sign * amount
    assert not any(by_currency.values())
    return {code: net for code, net in by_account.items() if net}


Books = Callable[[Book], Posted]


@pytest.fixture(scope="module")
def book_of(tmp_path_factory: pytest.TempPathFactory) -> Books:
    made: dict[str, Posted] = {}

    def of(book: Book) -> Posted:
        if book.name not in made:
            made[book.name] = posted(book, tmp_path_factory.mktemp(book.name))
        return made[book.name]

    return of


@pytest.mark.parametrize("book", BOOKS, ids=str)
def test_final_balances_are_the_owners_own(book: Book, book_of: Books) -> None:
    balances = book_of(book).balances
    assert {code: balances[code] for code in book_of(book).accounts} == book.expected_balances()


@pytest.mark.parametrize("book", BOOKS, ids=str)
def test_what_one_account_gains_another_loses(book: Book, book_of: Books) -> None:
    made, sums = book_of(book), Counter[str]()
    for code, balance in made.balances.items():
        account = made.accounts[code]
        sums[account["currency"]] += balance if account["normal_balance"] == "debit" else -balance
    assert not any(sums.values())


@pytest.mark.parametrize("book", BOOKS, ids=str)
def test_every_account_is_used_in_its_one_currency(book: Book, book_of: Books) -> None:
    made = book_of(book)
    for rows in made.transfers.values():
        assert 2 <= made.legs(rows) <= 100
        for row in rows:
            for code in filter(None, (row["debit"], row["credit"])):
                assert made.accounts[code]["currency"] == row["currency"]
    assert {row["overdraft_limit"] + row["owner"] for row in made.accounts.values()} == {""}


@pytest.mark.parametrize(
    ("book", "transfers", "legs", "accounts"),
    [
        (BERKA, 46_355, 92_710, 1_179 + 1_519 + 5),
        (BERKA_SAMPLE, 1_050, 2_100, 12 + 24 + 5),
        (GRATIPAY_2013, 56, 194, 22),
        (GRATIPAY_2017, 48, 125, 15),
        (OPEN_COLLECTIVE, 1_096, 5_142, 108),
        (ETHEREUM, 232 - 3, 2 * (418 - 3), 607),
    ],
    ids=str,
)
def test_nothing_is_lost(
    book: Book, transfers: int, legs: int, accounts: int, book_of: Books
) -> None:
    made = book_of(book)
    assert len(made.transfers) == transfers
    assert sum(map(made.legs, made.transfers.values())) == legs
    assert len(made.accounts) == accounts


@pytest.mark.parametrize("book", [BERKA, BERKA_SAMPLE], ids=str)
def test_berka_entries_are_the_banks_in_the_banks_order(book: Book, book_of: Books) -> None:
    expected = berka.expected_entries(DATA / "berka", sample=book is BERKA_SAMPLE)
    entries, seen = book_of(book).entries, 0
    for code, rows in groupby(expected, key=lambda entry: entry.code):
        expected_rows = [entry[1:] for entry in rows]
        assert entries[code] == expected_rows
        seen += len(expected_rows)
    assert seen == len(book_of(book).transfers)


@pytest.mark.parametrize("book", [BERKA, BERKA_SAMPLE], ids=str)
def test_berka_is_written_day_by_day(book: Book, book_of: Books) -> None:
    days = [rows[0]["effective_on"] for rows in book_of(book).transfers.values()]
    assert days == sorted(days)
    assert (days[0][:7], days[-1]) == ("1993-01", "1994-03-31")


@pytest.mark.parametrize(
    ("sample", "money_in", "money_out", "final", "overdrawn"),
    [
        (False, 16_640_877_910, 12_882_181_930, 3_758_695_980, 20),
        (True, 436_712_990, 401_287_880, 35_425_110, 3),
    ],
)
def test_berka_sums_are_those_of_the_readme(
    sample: bool, money_in: int, money_out: int, final: int, overdrawn: int
) -> None:
    entries = list(berka.expected_entries(DATA / "berka", sample))
    last = {entry.code: entry.balance for entry in entries}
    assert sum(entry.amount for entry in entries if entry.amount > 0) == money_in
    assert -sum(entry.amount for entry in entries if entry.amount < 0) == money_out
    assert sum(last.values()) == final
    assert len({entry.code for entry in entries if entry.balance < 0}) == overdrawn


def test_gratipay_has_two_legs_on_one_account(book_of: Books) -> None:
    transfers = book_of(GRATIPAY_2013).transfers.values()
    sides = [[row["debit"] or row["credit"] for row in rows] for rows in transfers]
    assert sum(len(set(codes)) < len(codes) for codes in sides) == 11


def test_gratipay_holds_in_escrow_what_it_owes(book_of: Books) -> None:
    balances = book_of(GRATIPAY_2013).balances
    held = sum(balances[code] for code in balances if code.startswith("assets:escrow:"))
    assert held == balances["liabilities:escrow"] == 664_859


def test_the_platforms_running_balance_is_the_collectives(book_of: Books) -> None:
    recorded = list(opencollective.recorded_balances(DATA / "opencollective_hledger"))
    entries = book_of(OPEN_COLLECTIVE).entries[opencollective.COLLECTIVE]
    assert [(reference, balance) for reference, _, balance in entries] == [
        (group.reference, group.balance - group.pending_fee) for group in recorded
    ]
    assert (recorded[-1].balance, recorded[-1].pending_fee) == (568_942, 113)


def test_every_refund_leads_to_its_contribution() -> None:
    folder = DATA / "opencollective_hledger"
    found = list(opencollective.refunds(folder))
    assert opencollective.refund_rows(folder) == 6
    assert [refund[1:] for refund in found] == [
        ("28a291a0", "2024-01-12"),
        ("4c041a39", "2024-05-03"),
    ]


def test_ethereum_leaves_out_only_transactions_of_one_leg_of_amount_zero(book_of: Books) -> None:
    left_out = ethereum.zero_transactions(DATA / "ethereum")
    assert len(left_out) == 3
    assert left_out.isdisjoint(book_of(ETHEREUM).transfers)


def test_ethereum_moves_thirteen_amounts_from_an_account_to_itself(book_of: Books) -> None:
    transfers = book_of(ETHEREUM).transfers.values()
    to_itself = [rows for rows in transfers if any(row["debit"] == row["credit"] for row in rows)]
    assert len(to_itself) == 13
    assert all(len(rows) > 1 for rows in to_itself)


def test_ethereum_assets_are_configured_currencies(book_of: Books) -> None:
    known = parse_configured(ETHEREUM.currencies())
    made = book_of(ETHEREUM)
    amounts = [row["amount"] for rows in made.transfers.values() for row in rows]
    assert len(known) == 77
    assert max(map(len, known)) <= 24
    assert known["ETH"].exponent == 18
    assert {row["currency"] for row in made.accounts.values()} == set(known)
    assert max(len(amount) for amount in amounts if "." not in amount) == 31
    assert len({code.partition(":")[0] for code in made.accounts}) == 475
    assert max(map(len, made.transfers.values())) == 25


def test_it_refuses_two_accounts_of_one_code(tmp_path: Path) -> None:
    account = Account("cash", "Cash", "CZK", "debit")
    with pytest.raises(ValueError, match="'cash' is taken"):
        write(tmp_path, [account, account], [])
    with pytest.raises(ValueError, match="not an account code"):
        write(tmp_path, [Account("Cash", "Cash", "CZK", "debit")], [])
