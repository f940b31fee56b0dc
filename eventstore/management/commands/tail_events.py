"""The log in a terminal, and for the next program of a pipe."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from eventstore import epoch
from eventstore.published import cloud_event, unheard_of
from eventstore.reading import (
    following,
    latest_position,
    read_all,
    read_stream,
    select,
    versions_at,
)
from eventstore.records import Recorded, category
from eventstore.subscriptions import CHUNK, subscribe
from eventstore.terminal import harmless

LAST = 20

HELP = f"""\
Show events in the order of the log: the last {LAST}, or all after a position. In a terminal each is
a line to be read; in a pipe, or with --json, a line of JSON as GET /events has it. With --follow it
goes on with what is appended, until Ctrl-C.

Examples:
  python manage.py tail_events --follow
  python manage.py tail_events --stream account-customers:ada --last 5
  python manage.py tail_events --after 0 --types ledger.account_opened | head"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        begin = parser.add_mutually_exclusive_group()
        begin.add_argument(
            "--after",
            type=int,
            metavar="POSITION",
            help="all events after this one; 0: from the first",
        )
        begin.add_argument(
            "--last", type=int, default=LAST, metavar="N", help="so many (default: %(default)s)"
        )
        parser.add_argument("--stream", default="", help="only those of this stream")
        parser.add_argument(
            "--types", default="", metavar="TYPE,…", help="only those of these types"
        )
        parser.add_argument("--follow", action="store_true", help="go on with what is appended")
        parser.add_argument("--json", action="store_true", help="JSON in a terminal, too")

    def handle(
        self, *, after: int | None, last: int, stream: str, types: str, **options: Any
    ) -> None:
        head, wanted = latest_position(), [each for each in types.split(",") if each]
        follow, for_people = options["follow"], self.stdout.isatty() and not options["json"]
        show = self._line if for_people else _json(epoch.current())
        if after is not None and not 0 <= after <= head:
            raise CommandError(f"There is no position {after}: the log ends at {head}.")
        if last < 0:
            raise CommandError("--last is a number from 0 on.")
        for name in unheard_of(wanted):
            raise CommandError(f"No event is of the type {name!r}; `manage.py stats` lists them.")
        if stream and not follow and not read_stream(stream, limit=1):
            raise CommandError(f"There is no stream {stream!r}.")
        if after is None:
            self._write(_last(last, head, wanted, stream), show)
        else:
            past = _of_stream(stream, after, head) if stream else _of_all(after, head, wanted)
            self._write((each for each in past if not wanted or each.type in wanted), show)
        if follow:
            self._follow(head, wanted, stream, show)

    def _follow(
        self, head: int, types: list[str], stream: str, show: Callable[[Recorded], str]
    ) -> None:
        self.stdout.flush()
        among = category(stream) if stream else None
        with subscribe(after=head, types=types, category=among) as coming:
            for event in coming:
                if stream in ("", event.stream):
                    self._write([event], show)
                    self.stdout.flush()

    def _write(self, events: Iterable[Recorded], show: Callable[[Recorded], str]) -> None:
        for event in events:
            self.stdout.write(show(event))

    def _line(self, event: Recorded) -> str:
        style = self.style
        data = " ".join(f"{name}={_value(value)}" for name, value in event.data.items())
        return "  ".join(
            (
                style.SQL_TABLE(f"{event.position:>8}"),
                f"{event.recorded_at:%Y-%m-%d %H:%M:%S}",
                style.MIGRATE_HEADING(event.type),
                style.SQL_KEYWORD(harmless(f"{event.stream}/{event.version}")),
                harmless(data),
            )
        )


def _json(number: int) -> Callable[[Recorded], str]:
    return lambda event: orjson.dumps(cloud_event(event, number)).decode()


def _value(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _last(many: int, head: int, types: list[str], stream: str) -> Iterable[Recorded]:
    where, values = following(0, types)
    where, values = [*where, "position <= %s"], [*values, head]
    if stream:
        where, values = [*where, "stream = %s"], [*values, stream]
    order = "version" if stream else "position"
    return reversed(select(where, values, order=order, backward=True, limit=many))


def _of_all(after: int, head: int, types: list[str]) -> Iterator[Recorded]:
    while events := read_all(after=after, upto=head, types=types, limit=CHUNK):
        yield from events
        after = events[-1].position


def _of_stream(stream: str, after: int, head: int) -> Iterator[Recorded]:
    version, end = (versions_at([stream], position).get(stream, 0) for position in (after, head))
    while events := read_stream(stream, after=version, upto=end, limit=CHUNK):
        yield from events
        version = events[-1].version
