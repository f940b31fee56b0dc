"""The figures as a table of ratios, written into docs/performance.md between two markers."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.tree import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
NAMES = {
    "ours": "**Daybook**",
    "handwritten": "CRUD transfer in SQL, pgbench, 8 clients",
    "handwritten_psycopg": "the same from Python, psycopg",
    "pipeline": "the same in one pipeline",
    "eventsourcing": "`eventsourcing`",
    "pgbench": "pgbench TPC-B, 8 clients",
    "crud_wsgi": "CRUD view, DRF, WSGI",
    "crud_asgi": "CRUD view, DRF, ASGI",
    "awaited": "awaited: answered with the outcome",
    "queued": "queued: accepted, done later",
    "gateway": "gateway: queued, and answered with the outcome",
    "empty": "empty DRF view, WSGI",
}
Found = Mapping[str, Any]


def write(found: Found) -> None:
    """Put the table in its place in the document."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}")


def table(found: Found) -> str:
    """Everything that was measured, as Markdown."""
    return "\n".join(_lines(found))


def _lines(found: Found) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    yield f"{found['date']}, {found['machine']}; {versions}; {found['scale']} run."
    yield ""
    yield from _compared("callers", found["service"], "handwritten")
    yield ""
    yield from _compared("connections", found["http"], "crud_wsgi")
    yield ""
    *levels, _ = found["roads"]
    yield from _compared("connections", {n: found["roads"][n] for n in levels}, "awaited")
    yield ""
    yield "| what grows | transfers/s, p99 |"
    yield "|---|---|"
    for title, cells in _flat(found["flat"]):
        yield f"| {title} | {' · '.join(cells)} |"
    drained = found["roads"]["drained_per_s"]
    yield f"| requests of one person that were accepted, done by one worker | {drained:,.0f} |"
    yield from _rebuilt(found["rebuild"])
    memory = found["memory_mb"]
    yield (
        f"| the server's memory, when started and after all requests above |"
        f" {memory['server_started']:.0f} MB · {memory['server_after']:.0f} MB |"
    )


def _rebuilt(rebuild: Found) -> Iterator[str]:
    """How fast balances and entries are made again, and by which share of what is possible."""
    rate, copied, by_sql = (rebuild[f"{of}_per_s"] for of in ("events", "copy_limit", "sql_limit"))
    yield (
        f"| balances and entries of {rebuild['events']:,} events made again, events/s |"
        f" {rate:,.0f} · by hand with COPY {copied:,.0f} ({rate / copied:.2f}×)"
        f" · by SQL {by_sql:,.0f} ({rate / by_sql:.2f}×) |"
    )
    yield (
        f"| meanwhile, the longest that others waited, and the memory of the process |"
        f" {rebuild['lock_ms']} ms · {rebuild['memory_mb']} MB |"
    )


def _compared(unit: str, levels: Found, base: str) -> Iterator[str]:
    """A row for each contender, a column for each level; the ratio is to the base's rate."""
    contenders = list(next(iter(levels.values())))
    yield (
        f"| per second, p50 / p99 in ms, × {NAMES[base]} | "
        + " | ".join(f"{level} {unit}" for level in levels)
        + " |"
    )
    yield "|---" * (len(levels) + 1) + "|"
    for name in contenders:
        cells = [_cell(level[name], level[base]["per_s"]) for level in levels.values()]
        yield f"| {NAMES[name]} | " + " | ".join(cells) + " |"


def _cell(figures: Found, base: float) -> str:
    ratio = figures["per_s"] / base
    return (
        f"{figures['per_s']:,.0f}, {figures['p50_ms']:.1f} / {figures['p99_ms']:.0f},"
        f" **{ratio:.2f}×**"
    )


def _flat(flat: Found) -> Iterator[tuple[str, list[str]]]:
    titles = {
        "stream_length": "a lone transfer, events in the stream",
        "store_size": "64 callers, events in the store",
        "hot_account": "64 callers, one account touched by all, and spread",
        "processes": "64 connections, processes of the server",
    }
    lengths = flat["account_page"].items()
    yield (
        "an account's page: entries, p50 / p99",
        [
            f"{_number(name)}: {each['p50_ms']:.0f} / {each['p99_ms']:.0f} ms"
            for name, each in lengths
        ],
    )
    for part, title in titles.items():
        yield title, [f"{_number(name)}: {_short(each)}" for name, each in flat[part].items()]
    held = flat["snapshot_held"]
    for kind in held["without"]:
        cells = [f"{when}: {_short(held[when][kind])}" for when in ("without", "first", "last")]
        yield f"64 callers, {_number(kind)}, a snapshot held for {held['seconds']:.0f} s", cells


def _short(figures: Found) -> str:
    return f"{figures['per_s']:,.0f}, {figures['p99_ms']:.0f} ms"


def _number(name: str) -> str:
    return f"{int(name):,}" if name.isdigit() else name.replace("_", " ")
