"""The model asked: what must be answered, and what must be there afterwards."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.examples.model import accounts, holds, instructions, transfers
from tests.examples.model.books import Books, Who
from tests.examples.model.entities import No, stamp

Said = dict[str, Any]
Answer = dict[str, Any]
"""Of a success: status, position, events, and the resources; else status, code, pointer, facts."""

RULES: dict[str, Callable[[Books, Who, Said], Said]] = {
    rule.__name__: rule
    for rule in (
        *(accounts.open_account, accounts.change_account_details),
        *(accounts.change_overdraft_limit, accounts.freeze_account, accounts.unfreeze_account),
        *(accounts.close_account, accounts.reopen_account, accounts.close_books),
        *(transfers.post_transfer, transfers.reverse_transfer),
        *(holds.place_hold, holds.capture_hold, holds.release_hold, holds.expire_holds),
        *(instructions.set_alert, instructions.set_sweep, instructions.sweep_account),
        *(instructions.place_standing_order, instructions.cancel_standing_order),
        instructions.run_standing_order,
    )
}
CREATES = {
    *("open_account", "post_transfer", "reverse_transfer", "place_hold", "capture_hold"),
    "place_standing_order",
}


@dataclass(frozen=True)
class Asked:
    """A request: who asks for what; `version` is the one that its account must have."""

    who: Who
    command: str
    said: Said
    version: int | None = None

    @property
    def words(self) -> str:
        """What makes two requests of one key the same."""
        return json.dumps([self.command, self.said, self.version], sort_keys=True)


@dataclass
class Ledger:
    """Books, and the answers that are final for an idempotency key."""

    books: Books
    kept: dict[tuple[str, str], tuple[str, Answer]] = field(default_factory=dict)

    def ask(
        self,
        asked: Asked,
        now: datetime,
        names: Mapping[str, str],
        *,
        key: str | None = None,
        queued: bool = False,
    ) -> Answer:
        """What must be answered, if what is made has these names."""
        books = self.books
        books.now = now
        known = None if queued else self.known(asked, key)
        if known is not None:
            return known
        answer = self._stale(asked, names)
        if answer is None:
            self.expire(changed(books, asked))
            answer = self._decided(asked, names)
        reused = answer.get("code") == "idempotency-key-reused"
        if key is not None and (queued or answer["status"] in (200, 201, 422)) and not reused:
            self.kept[asked.who.id, key] = asked.words, answer
        return answer

    def ask_all(
        self,
        several: Sequence[Asked],
        now: datetime,
        names: Sequence[Mapping[str, str]],
        *,
        atomic: bool,
    ) -> Answer:
        """What must be answered to several at once: of atomic ones all are done, or none."""
        self.books.now = now
        self.expire(code for asked in several for code in changed(self.books, asked))
        before, answers = self.books.copy(), list[Answer]()
        for index, asked in enumerate(several):
            answer = self._decided(asked, names[index])
            if atomic and "code" in answer:
                self.books = before
                pointer = answer["pointer"] and f"/commands/{index}/data{answer['pointer']}"
                facts = {**answer["facts"], "index": index}
                return {**answer, "status": 422, "pointer": pointer, "facts": facts}
            answers.append(answer)
        events = [event for answer in answers for event in answer.get("events", ())]
        told = {"status": 200, "position": self.books.position, "events": events}
        return {**told, "outcomes": answers}

    def rehearse(self, asked: Asked, now: datetime, names: Mapping[str, str]) -> Answer:
        """What would be answered: the same, without position or time."""
        trial = Ledger(self.books.copy())
        return unplaced(trial.ask(asked, now, names))

    def known(self, asked: Asked, key: str | None) -> Answer | None:
        """The answer that a key has already, or that it is another request's."""
        words, answer = self.kept.get((asked.who.id, key or ""), ("", None))
        if answer is None or words == asked.words:
            return answer
        return refused(No("idempotency-key-reused", key=key))

    def expire(self, codes: Any) -> None:
        """Record what the time has brought about on these accounts."""
        for code in dict.fromkeys(codes):
            holds.expire(self.books, code)

    def overdue(self, now: datetime) -> list[str]:
        """The accounts with holds whose time is over, which is not recorded yet."""
        self.books.now = now
        return [
            code
            for code, account in self.books.accounts.items()
            if any(h.status(now) == "expired" and not h.ended for h in account.holds.values())
        ]

    def _stale(self, asked: Asked, names: Mapping[str, str]) -> Answer | None:
        """Who may not see or do a thing is told so before they are told its version."""
        if asked.version is None:
            return None
        actual = self.books.versions.get(f"account-{asked.said['account']}", 0)
        if actual == asked.version:
            return None
        trial = Ledger(self.books.copy())._decided(asked, names)
        if trial["status"] in (403, 404):
            return trial
        return refused(No("stale-version", 412, expected=asked.version, actual=actual))

    def _decided(self, asked: Asked, names: Mapping[str, str]) -> Answer:
        books = self.books
        books.events, books.names = [], dict(names)
        try:
            shown = RULES[asked.command](books, asked.who, asked.said)
        except No as no:
            return refused(no)
        status = 201 if asked.command in CREATES else 200
        told = {"status": status, "position": books.position, "events": list(books.events)}
        return {**told, **shown}

    # --- questions ------------------------------------------------------------------------

    def account(self, who: Who, code: str, now: datetime) -> Said | None:
        """An account as somebody reads it; None where it is not there for them."""
        self.books.now = now
        return self.books.show(code) if self.books.sees(who, code) else None

    def hold(self, who: Who, code: str, id_: str, now: datetime) -> Said | None:
        """A hold, which payer and payee may see."""
        hold = self.books.hold(id_)
        if hold is None or hold.account != code:
            return None
        seen = self.books.sees(who, code) or self.books.sees(who, hold.payee)
        return hold.shown(now) if seen else None

    def order(self, who: Who, id_: str) -> Said | None:
        """A standing order, which whoever sees its payer may see."""
        found = self.books.orders.get(id_)
        return found.shown() if found and self.books.sees(who, found.payer) else None

    def transfer(self, who: Who, id_: str) -> Said | None:
        """A transfer, which whoever sees one of its accounts may see."""
        found = self.books.transfers.get(id_)
        seen = found and any(self.books.sees(who, code) for code, _, _ in found.legs)
        return found.shown() if found and seen else None

    def entries(self, who: Who, code: str) -> list[Said] | None:
        """What changed an account, each with the balance after it."""
        if not self.books.sees(who, code):
            return None
        found, balance = list[Said](), 0
        account = self.books.accounts[code]
        for move in account.moves:
            balance += move.amount if move.direction == account.side else -move.amount
            told = self.books.transfers[move.transfer].told
            entry = {name: getattr(move, name) for name in ("position", "transfer", "direction")}
            texts = {name: told[name] for name in ("effective_on", "description", "reference")}
            amounts = {"amount": str(move.amount), "balance": str(balance)}
            found.append({**entry, **texts, **amounts, "recorded_at": stamp(move.recorded_at)})
        return found


def changed(books: Books, asked: Asked) -> list[str]:
    """The accounts that a request is to change, as it names them."""
    said = asked.said
    if asked.command == "post_transfer":
        return [code for code, _, _ in transfers.legs_of(said)]
    if asked.command == "reverse_transfer":
        original = books.transfers.get(said["transfer"])
        return [code for code, _, _ in original.legs] if original else []
    if asked.command == "run_standing_order":
        order = books.orders.get(said["order"])
        return [order.payer, order.payee] if order else []
    named = [said["account"]] if "account" in said else []
    if asked.command == "sweep_account":
        named += [said["to"]]
    if asked.command == "capture_hold":
        named += [said["payee"]] if "payee" in said else []
    hold = books.hold(said["hold"]) if "hold" in said else None
    return [*named, hold.payee] if hold and hold.payee else named


def refused(no: No) -> Answer:
    return {"status": no.status, **no.answer}


def unplaced(value: Any) -> Any:
    """The same as a dry run tells it."""
    if isinstance(value, dict):
        apart = ("position", "recorded_at")
        return {k: None if k in apart else unplaced(item) for k, item in value.items()}
    return [unplaced(item) for item in value] if isinstance(value, list) else value
