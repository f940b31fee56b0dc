"""The real books side by side, so that one test can be asked of each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.examples.real import DATA, berka, ethereum, gratipay, opencollective
from tests.examples.real.importing import ImportFiles


@dataclass(frozen=True)
class Book:
    """A source, how to convert it into a folder, and the balances its owners arrived at."""

    name: str
    convert: Callable[[Path], ImportFiles]
    expected_balances: Callable[[], dict[str, int]]
    currencies: Callable[[], str] = str

    def __str__(self) -> str:
        return self.name


_BERKA, _GRATIPAY = DATA / "berka", DATA / "gratipay"
_COLLECTIVE, _BLOCKS = DATA / "opencollective_hledger", DATA / "ethereum"

BERKA = Book(
    "berka",
    partial(berka.convert, _BERKA),
    partial(berka.expected_balances, _BERKA),
)
BERKA_SAMPLE = Book(
    "berka-sample",
    partial(berka.convert, _BERKA, sample=True),
    partial(berka.expected_balances, _BERKA, sample=True),
)
GRATIPAY_2013 = Book(
    "gratipay-2013",
    partial(gratipay.convert, _GRATIPAY / "fy2013"),
    partial(gratipay.expected_balances, _GRATIPAY / "fy2013"),
)
GRATIPAY_2017 = Book(
    "gratipay-2017",
    partial(gratipay.convert, _GRATIPAY / "fy2017"),
    partial(gratipay.expected_balances, _GRATIPAY / "fy2017"),
)
OPEN_COLLECTIVE = Book(
    "opencollective",
    partial(opencollective.convert, _COLLECTIVE),
    partial(opencollective.expected_balances, _COLLECTIVE),
)
ETHEREUM = Book(
    "ethereum",
    partial(ethereum.convert, _BLOCKS),
    partial(ethereum.expected_balances, _BLOCKS),
    partial(ethereum.currencies, _BLOCKS),
)
SMALL_BOOKS = [BERKA_SAMPLE, GRATIPAY_2013, GRATIPAY_2017, OPEN_COLLECTIVE, ETHEREUM]
BOOKS = [*SMALL_BOOKS, BERKA]
