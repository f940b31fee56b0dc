"""The transfer with `eventsourcing`, the best known Python library for it, as its manual has it."""

from functools import cache
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError

from tests.benchmarks.measure import Figures, of_threads
from tests.benchmarks.place import ACCOUNTS, PEERS, reach, two

THREADS = 64


class Account(Aggregate):
    @event("Opened")
    def __init__(self, number: int) -> None:
        self.number, self.balance = number, 0

    @staticmethod
    def create_id(number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"/accounts/{number}")

    @event("Moved")
    def move(self, amount: int) -> None:
        self.balance += amount


class Bank(Application[UUID]):
    """Both accounts of a transfer are saved in one transaction, under the recorder's own lock."""

    def open_accounts(self, count: int) -> None:
        for first in range(1, count + 1, 100):
            self.save(*(Account(n) for n in range(first, min(first + 100, count + 1))))

    def transfer(self, source: int, target: int, amount: int) -> None:
        while True:
            accounts = [self.account(source), self.account(target)]
            accounts[0].move(-amount)
            accounts[1].move(amount)
            try:
                self.save(*accounts)
            except IntegrityError:
                continue  # Somebody else changed one of the two: look again.
            return

    def account(self, number: int) -> Account:
        found: Account = self.repository.get(Account.create_id(number))
        return found


@cache
def bank() -> Bank:
    known = reach()
    return Bank(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(known["dbname"]), "POSTGRES_HOST": str(known["host"]),
            "POSTGRES_PORT": str(known["port"]), "POSTGRES_USER": str(known["user"]),
            "POSTGRES_PASSWORD": str(known["password"]), "POSTGRES_SCHEMA": PEERS,
            "POSTGRES_POOL_SIZE": "8", "POSTGRES_MAX_OVERFLOW": "56",
            "POSTGRES_POOL_TIMEOUT": "60",
        }
    )  # fmt: skip


def open_accounts(count: int = ACCOUNTS) -> None:
    bank().open_accounts(count)


def transfers(callers: int, seconds: float) -> Figures:
    return of_threads(min(callers, THREADS), seconds, lambda: bank().transfer(*two(), 1))
