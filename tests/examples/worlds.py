"""Lists of requests and all that they leave behind: one way of deciding held against another."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from hypothesis import strategies as st

from commands.access.principal import SYSTEM
from commands.engine.decider import handlers
from commands.engine.dispatch import shaped, submission
from commands.engine.outcomes import Group, Outcome, Submission
from commands.ledger.instruction_messages import PlaceStandingOrder, SetSweep
from commands.ledger.messages import CloseAccount, FreezeAccount, PlaceHold
from eventstore.events.ledger import account_stream
from eventstore.ids import uuid7
from tests.examples.asking import ask
from tests.examples.ledger import open_account, pay
from tests.examples.people import ANN, SAM

RICH, POOR, FOREIGN = ("outside:bank", "shop:poor", "shop:usd")
THERE, COMING, MISSING = (RICH, POOR, FOREIGN), ("customers:alan", "customers:mary"), "nobody:x"
FROZEN, CLOSED, OTHER = "shop:frozen", "shop:closed", "shop:other"
USUAL = ["open_account"] * 6 + ["post_transfer"] * 6
CODES = st.sampled_from([*THERE, RICH, RICH, *COMING, *COMING, MISSING])
PATHS = st.sampled_from([*THERE, *COMING, MISSING, FROZEN, FROZEN, CLOSED, CLOSED])
HELD, POSTED, ORDER = UUID(int=0x401D), UUID(int=0x9057), UUID(int=0x02DE)
"""A hold on the rich account, a transfer that can be reversed, and a standing order that is due,
where `there` made the world."""
IDS = {"hold": HELD, "transfer": POSTED, "order": ORDER}
KEYS = st.sampled_from([None, None, "k-1", "k-2"])
FITTING = {
    "expire_holds": (SYSTEM, RICH),
    "sweep_account": (SYSTEM, OTHER),
    "run_standing_order": (SYSTEM, RICH),
    "close_books": (SYSTEM, RICH),
    "unfreeze_account": (SAM.principal, FROZEN),
    "reopen_account": (SAM.principal, CLOSED),
    "close_account": (SAM.principal, POOR),
}
"""Who may well do it, and to which account, where that is not just anybody's."""
PARTIES = {"from": RICH, "to": POOR, "payee": OTHER}
"""Who may well pay whom."""
PEOPLE = st.sampled_from([SAM.principal, SAM.principal, SYSTEM, ANN.principal])


def there() -> None:
    """The accounts that are there before any request, with a hold and a transfer."""
    ask(open_account(RICH, overdraft_limit=None))
    ask(open_account(POOR))
    ask(open_account(FOREIGN, currency="USD"))
    for code in (FROZEN, CLOSED, OTHER):
        ask(open_account(code))
    ask(FreezeAccount(account=FROZEN, scope="all", reason="Stolen"))
    ask(CloseAccount(account=CLOSED, reason="Left"))
    ask(PlaceHold(account=RICH, amount=1_000, payee=OTHER, hold=HELD))
    ask(pay(RICH, OTHER, 5, transfer=POSTED))
    ask(SetSweep(account=OTHER, above=1, to=POOR))
    today = datetime.now(UTC).date()
    ask(
        PlaceStandingOrder(
            payer=RICH, payee=POOR, amount=7, every="day", first_on=today, order=ORDER
        )
    )


@st.composite
def asked(draw: Any, *, keys: Any = KEYS, **about: Any) -> Submission:
    """A request for any registered command, as its examples have it, about accounts of few codes.

    A command that is registered later is among them.
    """
    name = draw(st.sampled_from([*sorted(handlers()), *USUAL]))
    known = shaped(name)
    examples = [known.examples[title] for title in sorted(known.examples)]
    person, fitting = FITTING.get(name, (SAM.principal, RICH))
    fits = draw(st.booleans())
    body = _elsewhere(draw, draw(st.sampled_from(examples)), known=PARTIES if fits else {})
    arguments = {
        argument: str(IDS[argument]) if argument in IDS else fitting if fits else draw(PATHS)
        for argument in known.arguments
    }
    versions = {}
    if "account" in arguments and not fits and draw(st.booleans()):
        versions = {account_stream(arguments["account"]): draw(st.integers(1, 4))}
    return submission(
        name,
        body,
        principal=person if fits else draw(PEOPLE),
        arguments=arguments,
        expected=versions,
        key=draw(keys),
        **about,
    )


def _elsewhere(draw: Any, value: Any, name: str = "", *, known: Mapping[str, str]) -> Any:
    """The same body about other accounts, some of which are `known` by what they are in it.

    The amounts of legs stay, so that they balance.

    What the clock would say differently each time is left out.
    """
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key != "expires_in"}
        return {key: _elsewhere(draw, item, key, known=known) for key, item in kept.items()}
    if isinstance(value, list):
        return [_elsewhere(draw, item, name, known=known) for item in value]
    if value is not None and name in known:
        return known[name]
    return draw(CODES) if name in {"account", "code", "from", "to", "payee"} else value


@st.composite
def grouped(draw: Any) -> Submission:
    """All or none of two to four; often the last one cannot be done."""
    id_ = uuid7()
    items = draw(st.lists(asked(parent=id_, source="bulk"), min_size=1, max_size=3))
    last = draw(st.sampled_from([RICH, MISSING]))
    pay = {"from": RICH, "to": POOR if last == RICH else last, "amount": "1"}
    items.append(
        submission("post_transfer", pay, principal=SAM.principal, parent=id_, source="bulk")
    )
    return Submission(
        command=Group(tuple(items), atomic=draw(st.booleans())),
        name="bulk",
        principal=SAM.principal,
        payload={"items": [dict(item.payload) for item in items]},
        key=draw(KEYS),
        id=id_,
    )


@st.composite
def several(draw: Any) -> list[Submission]:
    """A list of requests, some of which are asked again as they were."""
    found: list[Submission] = []
    for _ in range(draw(st.integers(1, 12))):
        kind = draw(st.integers(0, 9))
        if kind < 2 and found:
            found.append(again(draw(st.sampled_from(found))))
        else:
            found.append(draw(grouped() if kind in (2, 3) else asked()))
    return found


def again(of: Submission) -> Submission:
    """The same request once more, as a client sends it whose first answer was lost."""
    id_ = uuid7()
    if not isinstance(of.command, Group):
        return _again(of, id=id_)
    items = tuple(_again(item, parent=id_) for item in of.command.items)
    return _again(of, id=id_, command=replace(of.command, items=items))


def _again(of: Submission, **changed: Any) -> Submission:
    kept = ("name", "principal", "payload", "arguments", "expected", "key", "source")
    said = {name: getattr(of, name) for name in kept}
    return Submission(**{**said, "command": _redrawn(of.command), **changed})


def _redrawn(command: Any) -> Any:
    """The same message with ids of its own: those are not the client's but drawn for each."""
    drawn = {each.name: uuid7() for each in fields(command) if each.default_factory is uuid7}
    return replace(command, **drawn)


@contextmanager
def undone() -> Any:
    """What happens in here has never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def left_by(
    chunks: Iterable[Sequence[Submission]], decide: Callable[[Sequence[Submission]], Any]
) -> tuple[list[Outcome], dict[str, Any]]:
    """The outcomes of a list decided in these pieces, and every table after it; then undone."""
    with undone():
        outcomes = [outcome for chunk in chunks for outcome in decide(chunk)]
        return outcomes, {name: _rows(name) for name in _tables()}


def _tables() -> list[str]:
    """The log, the heads, the requests, and every read table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
            " AND (table_name LIKE 'projections%' OR table_name LIKE '%ledger%'"
            " OR table_name IN ('eventstore_event', 'eventstore_stream', 'commands_request'))"
        )
        return sorted(name for (name,) in cursor.fetchall())


APART = ("id", "recorded_at", "decided_at", "digest", "seal")
"""What differs though the same happened: drawn ids of events, times, and what covers these."""


def _rows(table: str) -> list[str]:
    apart = APART if table == "eventstore_event" else APART[1:]
    minus = "".join(f" - '{name}'" for name in apart)
    if table == "commands_request":
        # Whether what a group replays was done in its own batch shows in how that is kept, and
        # not in what is told.
        minus += " #- '{answer,outcomes}'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (to_jsonb(t){minus})::text AS row FROM {table} t ORDER BY row")
        return [row for (row,) in cursor.fetchall()]


def told(outcome: Outcome) -> dict[str, Any]:
    """An outcome as it is told, apart from its time."""
    names = ("request", "status", "http_status", "position", "events", "replayed")
    said = {name: getattr(outcome, name) for name in names}
    return said | {"body": _timeless(outcome.body)}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(item) for name, item in value.items() if name != "recorded_at"}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def kinds(asked: Sequence[Submission], outcomes: Sequence[Outcome]) -> Counter[str]:
    """What kinds of things happened in a list."""
    seen: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    for each, outcome in zip(asked, outcomes, strict=True):
        seen[outcome.status] += 1
        seen["replayed"] += outcome.replayed
        seen[outcome.answer.get("code", f"{each.name} done")] += 1
        late = outcome.answer.get("facts", {}).get("index", 0) > 0
        seen["late refusal in a group"] += late and isinstance(each.command, Group)
        opened.update([str(each.payload.get("code"))] if each.name == "open_account" else [])
    seen["the same account twice"] += any(opened[code] > 1 for code in COMING)
    return seen
