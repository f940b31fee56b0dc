"""A machine that asks model and product the same, in any order and on any road, and compares."""

from collections import Counter
from datetime import datetime
from random import Random
from typing import Any, ClassVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from commands.engine.sweep import sweep
from eventstore.events.ledger import id_of
from eventstore.store import latest_position, read_all
from tests.examples import driving
from tests.examples.clock import Clock
from tests.examples.driving import WHO, Clients, names_of
from tests.examples.model import NAMELESS, Answer, Asked, Books, Ledger
from tests.examples.model.books import NOBODY
from tests.examples.model.imagined import MISSING, Imagination, beginning
from tests.examples.model.instructions import due_orders
from tests.examples.model.stories import STORIES, Story
from tests.integration.model.comparing import nothing_differs, rebuilt_the_same, verify

REQUESTS = st.builds(Random, st.integers(0, 2**24 - 1))
"""What a step picks its request with: steps are left out of a counterexample as a whole.

Of a wider range Hypothesis would draw small numbers again and again.
"""
CHOICE = 6
"""So many requests are thought of for one that is asked."""
MOST_HOLDS = 2
ZONE = "America/New_York"
"""Where it is another day than in UTC for some hours: the tests' settings say so too."""


class Machine(RuleBasedStateMachine):
    """Each of its steps is done to both. What a run of it does has never happened."""

    clock: ClassVar[Clock]
    clients: ClassVar[Clients]
    self_service: ClassVar[bool] = False
    seen: ClassVar[Counter[tuple[str, str]]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        users = {who.id for who in WHO.values()}
        self.books = Books(users, ZONE, self.self_service, MOST_HOLDS)
        self.model = Ledger(self.books)
        self.begun = self.clock.now
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.available: dict[str, int | None] = {}
        self.loosened = False
        self.past: dict[int, tuple[Books, datetime]] = {}
        self.met: Counter[tuple[str, str]] = Counter()
        self.books.now = self.clock.now
        for asked in beginning(WHO, self.books.today):
            self.compare(asked, driving.ask(asked))
        self.seen.subtract(self.met)  # What every example begins with is no find of one.

    def teardown(self) -> None:
        try:
            rebuilt_the_same()
            verify()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)
            self.clock.now = self.begun

    # --- requests --------------------------------------------------------------------------

    @rule(requests=REQUESTS)
    def ask(self, requests: Random) -> None:
        asked = self.imagined(requests)
        self.compare(asked, driving.ask(asked))

    @rule(requests=REQUESTS)
    def ask_over_http(self, requests: Random) -> None:
        asked = self.imagined(requests)
        if self.clients.can_ask(asked):
            self.compare(asked, self.clients.ask(asked))

    @rule(requests=REQUESTS, key=st.sampled_from(["k-1", "k-2"]))
    def ask_once(self, requests: Random, key: str) -> None:
        """With a key: whatever it was used for before is told again, or that it was."""
        asked = self.imagined(requests)
        over_http = self.clients.can_ask(asked) and requests.choice([True, False])
        for road in (self.clients.ask if over_http else driving.ask, driving.ask):
            self.compare(asked, road(asked, key), key=key)

    @rule(requests=REQUESTS, key=st.sampled_from([None, None, "k-1", "k-2"]))
    def ask_in_the_queue(self, requests: Random, key: str | None) -> None:
        asked = self.imagined(requests)
        if not self.clients.can_ask(asked):
            return
        accepted, answer = self.clients.queue(asked, key)
        assert accepted == (self.model.known(asked, key) is None)
        self.compare(asked, answer, key=key, queued=accepted)

    @rule(requests=REQUESTS)
    def rehearse_and_ask(self, requests: Random) -> None:
        """A dry run tells what then happens, and leaves no trace."""
        asked = self.imagined(requests)
        over_http = self.clients.can_ask(asked) and requests.choice([True, False])
        answer = (self.clients.rehearse if over_http else driving.rehearse)(asked)
        expected = self.model.rehearse(asked, self.clock.now, names_of(answer))
        if over_http and "code" not in expected:
            expected["status"] = 200  # Nothing was created.
        agree(asked, answer, expected)
        self.compare(asked, driving.ask(asked))

    @rule(requests=REQUESTS, atomic=st.booleans())
    def ask_together(self, requests: Random, atomic: bool) -> None:
        first = self.imagined(requests)
        several = [first, *(self.imagined(requests) for _ in range(requests.randint(0, 3)))]
        several = [
            Asked(first.who, each.command, each.said)
            for each in several
            if each.command in driving.PATHS
        ]
        if not several:
            return
        over_http = all(map(self.clients.can_ask, several)) and requests.choice([True, False])
        answer = (self.clients if over_http else driving).ask_all(several, atomic=atomic)
        names = [names_of(each) for each in answer.get("outcomes", [{}] * len(several))]
        self.loosened |= any(map(loosens, several))
        expected = self.model.ask_all(several, self.clock.now, names, atomic=atomic)
        self.books = self.model.books
        agree(several, answer, expected)
        for asked, each in zip(several, answer.get("outcomes", ()), strict=False):
            self.count(asked, each)

    @rule(requests=REQUESTS, story=st.sampled_from(STORIES))
    def ask_in_a_row(self, requests: Random, story: Story) -> None:
        self.books.now = self.clock.now
        for asked in story(self.books, WHO, requests.choice):
            self.compare(asked, driving.ask(asked))

    # --- time ------------------------------------------------------------------------------

    @rule(span=st.sampled_from(["moment", "hour", "day", "month", "due", "nearly"]))
    def pass_time(self, span: str) -> None:
        """Some time, or until a first hold or standing order is due, or not quite."""
        now = self.clock.now
        spans = {"moment": 1, "hour": 3_600, "day": 86_400, "month": 2_700_000}
        ends = [h.expires_at for a in self.books.accounts.values() for h in a.holds.values()]
        ends += [begins for begins, _ in due_orders(self.books)]
        coming = [end for end in ends if end and end > now]
        if span in spans:
            self.clock.advance(seconds=spans[span])
        elif coming:
            self.clock.set(min(coming))
            if span == "nearly" and (min(coming) - now).total_seconds() > 1:
                self.clock.advance(microseconds=-1)

    @rule()
    def sweep(self) -> None:
        """The worker's part in what the time brings about; of two at one moment either is first."""
        before = self.books.position
        while sweep():
            pass  # Of a standing order one date comes at a time.
        self.books.now = self.clock.now
        for event in read_all(after=before):
            of = id_of(event.stream)
            if event.type == "ledger.hold_expired":
                self.model.expire([of])
            elif event.type in ("orders.run", "orders.skipped"):
                ran = Asked(WHO["system"], "run_standing_order", {"order": of})
                drawn = {"transfer": event.data.get("transfer")}
                told = self.model.ask(ran, self.clock.now, drawn)
                came, code = event.data.get("code", ""), came_of(ran, told)
                assert came == code, f"{of} came to {event.data}, not to {code or 'a transfer'}"
                self.count(ran, told)
        assert latest_position() == self.books.position
        assert self.model.overdue(self.clock.now) == []
        assert [each for at, each in due_orders(self.books) if at <= self.clock.now] == []

    # --- questions -------------------------------------------------------------------------

    @rule(requests=REQUESTS, who=st.sampled_from(["ann", "bob", "eve", "vic"]))
    def look(self, requests: Random, who: str) -> None:
        """Somebody reads what there is for them."""
        reader, model, now, pick = WHO[who], self.model, self.clock.now, requests.choice
        accounts = self.books.accounts
        code = pick([*accounts, MISSING])
        holds = [(of, id_) for of, account in accounts.items() for id_ in account.holds]
        payer, hold = pick([*holds[-4:], (code, NOBODY)])
        transfer = pick([*list(self.books.transfers)[-3:], NOBODY])
        order = pick([*list(self.books.orders)[-3:], NOBODY])
        path, expected = pick(
            [
                (f"/accounts/{code}", model.account(reader, code, now)),
                (f"/accounts/{code}/entries?limit=1000", model.entries(reader, code)),
                (f"/accounts/{payer}/holds/{hold}", model.hold(reader, payer, hold, now)),
                (f"/transfers/{transfer}", model.transfer(reader, transfer)),
                (f"/standing-orders/{order}", model.order(reader, order)),
            ]
        )
        found = self.clients.read(reader, path)
        assert (found["entries"] if found and "entries" in found else found) == expected, path

    @rule(requests=REQUESTS)
    def look_back(self, requests: Random) -> None:
        """What was known at an earlier position, and of that what had a date by some day."""
        pick = requests.choice
        position, (books, then) = pick(list(self.past.items()))
        model, vic = Ledger(books), WHO["vic"]
        code = pick([*books.accounts, MISSING])
        days = {move.effective_on for each in books.accounts.values() for move in each.moves}
        day = pick([None, *sorted(days)])
        holds = [(of, id_) for of, account in books.accounts.items() for id_ in account.holds]
        payer, hold = pick([*holds, (code, NOBODY)])
        transfer = pick([*books.transfers, NOBODY])
        path, expected, dated = pick(
            [
                (f"/accounts/{code}?", as_of(model.account(vic, code, then), books, day), True),
                (f"/accounts/{code}/entries?limit=1000&", model.entries(vic, code), True),
                (f"/accounts/{payer}/holds/{hold}?", model.hold(vic, payer, hold, then), False),
                (f"/transfers/{transfer}?", model.transfer(vic, transfer), False),
            ]
        )
        path += f"at_position={position}" + (f"&as_of={day}" if dated and day else "")
        found = self.clients.read(vic, path)
        if found and "entries" in found:
            found = found["entries"]
            expected = [each for each in expected if not day or each["effective_on"] <= day]
        assert found == expected, path

    # --- comparing -------------------------------------------------------------------------

    def imagined(self, requests: Random) -> Asked:
        """Of some requests the one whose outcome was met least so far in this example."""
        self.books.now = self.clock.now
        imagination = Imagination(self.books, WHO, requests.choice)
        return min((imagination.request() for _ in range(CHOICE)), key=self.times_met)

    def times_met(self, asked: Asked) -> int:
        answer = self.model.rehearse(asked, self.clock.now, {})
        return self.met[asked.command, came_of(asked, answer)]

    def compare(self, asked: Asked, answer: Answer, **about: Any) -> None:
        expected = self.model.ask(asked, self.clock.now, names_of(answer), **about)
        agree(asked, answer, expected)
        self.loosened |= loosens(asked)
        self.count(asked, answer)

    def count(self, asked: Asked, answer: Answer) -> None:
        for counter in (self.seen, self.met):
            counter[asked.command, came_of(asked, answer)] += 1

    @invariant()
    def nothing_differs(self) -> None:
        """Only what lowers a limit, or forces its way, leaves less than nothing available."""
        self.past.setdefault(self.books.position, (self.books.copy(), self.clock.now))
        before, self.available = self.available, nothing_differs(self.books, self.clock.now)
        for code, now in self.available.items():
            if now is not None and now < 0 and not self.loosened:
                was = before.get(code)
                assert was is not None and now >= was, f"{code} had {was} and has {now}"
        self.loosened = False


def came_of(asked: Asked, answer: Answer) -> str:
    """The code of what refused a request, or what an instruction would have done."""
    if "swept" in answer:
        return answer["swept"]["why"] or ""
    if asked.command == "run_standing_order" and "standing_order" in answer:
        return (answer["standing_order"]["last"] or {}).get("code") or ""
    return answer.get("code", "")


def agree(asked: Any, answer: Answer, expected: Answer) -> None:
    """They are the same, but for an id that the ledger drew for what it then undid."""
    facts, told = expected.get("facts", {}), answer.get("facts", {})
    nameless = [name for name, fact in facts.items() if str(fact).startswith(NAMELESS)]
    facts |= {name: told.get(name) for name in nameless}
    assert answer == expected, f"{asked} was told\n{answer}, not\n{expected}"


def as_of(shown: Answer | None, books: Books, day: str | None) -> Answer | None:
    """An account of which only what had a date by then counts; what was held had none."""
    if shown is None or day is None:
        return shown
    account = books.accounts[shown["code"]]
    sums = dict.fromkeys(("debit", "credit"), 0)
    for move in account.moves:
        sums[move.direction] += move.amount if move.effective_on <= day else 0
    net = sums["credit"] - sums["debit"]
    told = {"debits": str(sums["debit"]), "credits": str(sums["credit"])}
    posted = str(net if account.side == "credit" else -net)
    return {**shown, **told, "posted": posted, "held": None, "available": None}


def loosens(asked: Asked) -> bool:
    """Whether a request may leave less than what the limit says, which the rules allow."""
    return bool(asked.said.get("force")) or asked.command == "change_overdraft_limit"
