"""Reactions: when something has happened, the one handler is asked for something else.

    @reaction("thanks", TransferPosted)
    def thanks(happened: Happened) -> Iterator[Asked]:
        yield SendThanks(transfer=happened.event.transfer)

A reaction is a listener: what it asks for, whom it tells and how far it has come are one
transaction. A command's idempotency key is made of the event as well, so that a replay of the log
changes nothing twice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from commands.access.principal import SYSTEM
from commands.engine import notifications
from commands.engine.causes import Cause
from commands.engine.decider import Command, handler_of
from commands.engine.outcomes import REACTION, Submission
from commands.engine.run import MAX_BATCH, Patience, write_all
from commands.engine.watching import Happened, Watch
from eventstore.errors import StoreBusy
from eventstore.listeners.listener import Listener, register
from eventstore.pipeline import pipeline
from eventstore.records import Recorded
from eventstore.registry import load, type_of
from eventstore.values import codec

PATIENCE = Patience(rows=250, position=5_000)
"""Milliseconds; who is in nobody's way may wait longer than a request that is answered."""


@dataclass(frozen=True, slots=True)
class Tell:
    """A notification for somebody, once for each event; `kind` says in a word what it is about."""

    user: UUID
    kind: str
    text: str
    account: str | None = None


Asked = Command | Tell
Function = Callable[[Happened], Iterable[Asked]]


class AsksTooMuch(Exception):
    """One event is to cause more commands than are decided together."""


def reaction(
    name: str, *on: type, watches: type | None = None, until: Callable[[Any], bool] | None = None
) -> Callable[[Function], Function]:
    """Register what is to be asked for when an event of these classes has happened.

    A reaction that needs the state of the event's entity `watches` streams from an event of that
    class on, `until` their state says that it may be forgotten. Other streams do not concern it.

    Raises:
        ValueError: a listener has this name.
    """
    watch = Watch(name, type_of(watches).name, until or (lambda state: False)) if watches else None
    types = frozenset(type_of(each).name for each in on)

    def made(function: Function) -> Function:
        register(Listener(name, REACTION, types, partial(_react, name, function, watch)))
        return function

    return made


def _react(name: str, function: Function, watch: Watch | None, events: Sequence[Recorded]) -> None:
    """Ask for all that these events call for, in the caller's transaction.

    Commands are numbered by themselves, and so is who is told: a reaction that learns to tell
    somebody asks for the same commands as before.
    """
    told: list[notifications.Told] = []
    asked: list[Submission] = []
    for happened in watch.around(events) if watch else _each(name, events):
        tells, commands = list[Tell](), list[Command]()
        for each in function(happened):
            if isinstance(each, Tell):
                tells.append(each)
            else:
                commands.append(each)
        told += [_told(happened, number, each) for number, each in enumerate(tells)]
        asked += [_submission(happened, number, each) for number, each in enumerate(commands)]
    if len(asked) > MAX_BATCH:
        raise AsksTooMuch(f"{name} asks for {len(asked)} commands at once, of {MAX_BATCH} at most.")
    if told:
        with pipeline() as execute:
            execute(*notifications.tell(told))
    if asked and any(each.is_in_progress for each in write_all(asked, PATIENCE).outcomes):
        raise StoreBusy(f"What {name} asks for is being decided elsewhere.")


def _each(name: str, events: Sequence[Recorded]) -> Iterator[Happened]:
    return (Happened(name, load(each), each) for each in events)


def _told(happened: Happened, number: int, what: Tell) -> notifications.Told:
    return notifications.Told(
        id=happened.new_id(f"told {number}"),
        user=what.user,
        kind=what.kind,
        text=what.text,
        account=what.account,
    )


def _submission(happened: Happened, number: int, command: Command) -> Submission:
    write, _ = codec(type(command))
    return Submission(
        command=command,
        name=handler_of(command).name,
        principal=SYSTEM,
        payload=write(command),
        source=REACTION,
        key=f"{happened.reaction}:{happened.recorded.id}:{number}",
        cause=Cause.of(happened.recorded, happened.reaction),
    )
