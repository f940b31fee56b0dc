"""Small charts as SVG, as wide as their place, whose classes a stylesheet colours.

Across they are measured in percent and down in pixels, so that words keep their size on any screen.
What a chart shows stands in a table beside it: it is one picture with a title and a description.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventstore.localized import counted

TALL, HEAD, FOOT = 200, 20, 24
"""Pixels of a chart of columns, and what of them is for words."""
SPARK = 28
"""Pixels of a line without words."""
ROW = 46
"""Pixels of each row of a chart of rows."""
WORD = '<text class="chart-word chart-{}" x="{}%" y="{}">{}</text>'
UNITS = (
    (1_000, 1, "ms"),
    (120_000, 1_000, "s"),
    (7_200_000, 60_000, "min"),
    (172_800_000, 3_600_000, "h"),
)
"""Times below so many milliseconds are told in this unit, of so many milliseconds."""


@dataclass(frozen=True, slots=True)
class Column:
    """What is stacked at one place, and the words that say where and what."""

    place: str
    values: Sequence[int]
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A name with its values; `said` is what they are in words."""

    name: str
    values: Sequence[float]
    said: str


def stacked(
    title: str, description: str, columns: Sequence[Column], kinds: Sequence[str]
) -> SafeString:
    """Columns, each of parts of these kinds."""
    most = max((sum(each.values) for each in columns), default=0) or 1
    scale, wide = (TALL - HEAD - FOOT) / most, 100 / max(len(columns), 1)
    drawn = (
        (_parts(each, kinds, at=number * wide, wide=wide, scale=scale), each.said)
        for number, each in enumerate(columns)
    )
    ground = TALL - FOOT
    body = format_html(
        '<text class="chart-word" x="0" y="12">{}</text>'
        '<line class="chart-line" x1="0" x2="100%" y1="{}" y2="{}"/>{}'
        '<line class="chart-axis" x1="0" x2="100%" y1="{}" y2="{}"/>{}',
        *(counted(most), HEAD, HEAD),
        format_html_join("", "<g>{}<title>{}</title></g>", drawn),
        *(ground, ground),
        _places(columns),
    )
    return _picture("stacked", title, description, TALL, body)


def _parts(
    column: Column, kinds: Sequence[str], *, at: float, wide: float, scale: float
) -> SafeString:
    """The parts of a column, the first lowest."""
    found, ground = [], float(TALL - FOOT)
    for kind, value in zip(kinds, column.values, strict=True):
        ground -= value * scale
        if value:
            found.append((kind, _of(at + wide * 0.1), f"{ground:.1f}", _of(wide * 0.8),
                          f"{value * scale:.1f}"))  # fmt: skip
    form = '<rect class="chart-{}" x="{}%" y="{}" width="{}%" height="{}"/>'
    return format_html_join("", form, found)


def _places(columns: Sequence[Column]) -> SafeString:
    """Words for the first place, the middle and the last."""
    if not columns:
        return SafeString("")
    half = len(columns) // 2
    middle = (half + 0.5) * 100 / len(columns)
    ends = [("start", 0.0, columns[0]), ("middle", middle, columns[half])]
    ends = [*ends, ("end", 100.0, columns[-1])] if len(columns) > 2 else ends[:1]
    found = ((anchor, _of(x), TALL - 6, each.place) for anchor, x, each in ends)
    return format_html_join("", WORD, found)


def flows(
    title: str,
    description: str,
    columns: Sequence[Column],
    kinds: tuple[str, str],
    show: Callable[[int], str],
) -> SafeString:
    """Columns of two values each: the first stands upon the ground, the second hangs below it."""
    scale = _Scale(
        max((each.values[0] for each in columns), default=0),
        -max((each.values[1] for each in columns), default=0),
    )
    wide = 100 / max(len(columns), 1)
    form = '<rect class="chart-{}" x="{}%" y="{}" width="{}%" height="{}"/>'
    drawn = []
    for number, each in enumerate(columns):
        ends = [(scale.at(each.values[0]), scale.ground), (scale.ground, scale.at(-each.values[1]))]
        parts = [
            (kind, _of((number + 0.1) * wide), f"{top:.1f}", _of(wide * 0.8), f"{low - top:.1f}")
            for kind, (top, low), value in zip(kinds, ends, each.values, strict=True)
            if value
        ]
        drawn.append((format_html_join("", form, parts), each.said))
    shapes = format_html_join("", "<g>{}<title>{}</title></g>", drawn)
    return _picture("flows", title, description, TALL, _on_ground(scale, shapes, columns, show))


def levels(
    title: str, description: str, columns: Sequence[Column], show: Callable[[int], str]
) -> SafeString:
    """A level for each place, of its first value, and the ground from which it is measured."""
    values = [each.values[0] for each in columns]
    scale = _Scale(max(values, default=0), min(values, default=0))
    wide, drawn, before = 100 / max(len(columns), 1), [], None
    for number, each in enumerate(columns):
        y, x = f"{scale.at(each.values[0]):.1f}", _of(number * wide)
        rise = format_html(
            '<line class="chart-level" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>', x, before or y, y
        )
        drawn.append((rise, x, _of((number + 1) * wide), y, each.said))
        before = y
    form = (
        '<g>{0}<line class="chart-level" x1="{1}%" x2="{2}%" y1="{3}" y2="{3}"/>'
        "<title>{4}</title></g>"
    )
    zero = _zero(scale, values[-1], show) if values else ""
    shapes = format_html("{}{}", format_html_join("", form, drawn), zero)
    return _picture("levels", title, description, TALL, _on_ground(scale, shapes, columns, show))


def _zero(scale: "_Scale", last: int, show: Callable[[int], str]) -> SafeString:
    """The word at the ground's end: on the side on which the last level is not, if it has room.

    At the top of a chart there is one already.
    """
    if not scale.high:
        return SafeString("")
    below = last > 0 and TALL - FOOT - scale.ground > HEAD
    y = scale.ground + (14 if below else -5)
    return format_html(WORD, "end", _of(100), f"{y:.1f}", show(0))


def spark(said: str, values: Sequence[int]) -> SafeString:
    """A line through these values, without words or axes; `said` is what it shows in words."""
    low, across = min(values), 100 / max(len(values) - 1, 1)
    up = (SPARK - 4) / ((max(values) - low) or 1)
    points = (
        f"{n * across:.1f},{SPARK - 2 - (each - low) * up:.1f}" for n, each in enumerate(values)
    )
    return format_html(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 100 {}" '
        'preserveAspectRatio="none"><polyline points="{}"/></svg>',
        *(said, SPARK, " ".join(points)),
    )


class _Scale:
    """Pixels from the top for values between a highest and a lowest, 0 among them."""

    def __init__(self, high: int, low: int) -> None:
        self.high, self.low = max(high, 0), min(low, 0)
        self._span = (self.high - self.low) or 1
        self.ground = self.at(0)

    def at(self, value: int) -> float:
        return HEAD + (TALL - HEAD - FOOT) * ((self.high - value) / self._span)


def _on_ground(
    scale: _Scale, shapes: SafeString, columns: Sequence[Column], show: Callable[[int], str]
) -> SafeString:
    """Shapes between lines at the highest and the lowest value, which are told, and the ground."""
    lowest = TALL - FOOT
    lows = [(lowest - 5, show(scale.low), lowest)] if scale.low else []
    return format_html(
        '<text class="chart-word" x="0" y="12">{0}</text>'
        '<line class="chart-line" x1="0" x2="100%" y1="{1}" y2="{1}"/>{2}{3}'
        '<line class="chart-axis" x1="0" x2="100%" y1="{4}" y2="{4}"/>{5}',
        *(show(scale.high), HEAD, shapes),
        format_html_join(
            "",
            '<text class="chart-word" x="0" y="{0}">{1}</text>'
            '<line class="chart-line" x1="0" x2="100%" y1="{2}" y2="{2}"/>',
            lows,
        ),
        *(f"{scale.ground:.1f}", _places(columns)),
    )


def bars(title: str, description: str, rows: Sequence[Row]) -> SafeString:
    """A bar for each row's one value."""
    most = max((each.values[0] for each in rows), default=0) or 1
    form = (
        '<text class="chart-name" x="0" y="{0}">{3}</text>'
        '<text class="chart-word chart-end" x="100%" y="{0}">{4}</text>'
        '<rect class="chart-track" x="0" y="{1}" width="100%" height="10" rx="3"/>'
        '<rect class="chart-refused" x="0" y="{1}" width="{2}%" height="10" rx="3"/>'
    )
    found = (
        (number * ROW + 16, number * ROW + 24, _of(each.values[0] * 100 / most), each.name,
         each.said)
        for number, each in enumerate(rows)
    )  # fmt: skip
    body = format_html_join("", form, found)
    return _picture("bars", title, description, len(rows) * ROW, body)


def spans(title: str, description: str, rows: Sequence[Row]) -> SafeString:
    """A span for each row from its first value to its last: milliseconds, by their logarithms."""
    values = [value for each in rows for value in each.values] or [1]
    low = floor(log10(min(values)))
    high = max(ceil(log10(max(values))), low + 1)
    tall, decades = len(rows) * ROW + FOOT, range(low, high + 1)

    def across(exponent: float) -> float:
        return 1 + 98 * (exponent - low) / (high - low)

    lines = ((_of(across(each)), tall - FOOT) for each in decades)
    # Not more words than a narrow screen has room for.
    words = (
        (_anchor(each, decades), _of(across(each)), tall - 6, _decade(each))
        for each in decades[:: 1 + (high - low) // 6]
    )
    drawn = (
        (_span(each, number * ROW, [across(log10(value)) for value in each.values]),)
        for number, each in enumerate(rows)
    )
    body = format_html(
        "{}{}{}",
        format_html_join("", '<line class="chart-line" x1="{0}%" x2="{0}%" y2="{1}"/>', lines),
        format_html_join("", "{}", drawn),
        format_html_join("", WORD, words),
    )
    return _picture("spans", title, description, tall, body)


def _anchor(exponent: int, decades: range) -> str:
    """Which end of a word stands at its place: none may leave the picture."""
    return {decades[0]: "start", decades[-1]: "end"}.get(exponent, "middle")


def _decade(exponent: int) -> str:
    return f"{10**exponent:g} ms" if exponent < 3 else f"{10 ** (exponent - 3):,} s"


def _span(row: Row, top: int, places: Sequence[float]) -> SafeString:
    """A row's name above its span, and a mark at each value: the first is the largest."""
    marks = ((_of(x), top + 29, 6 if x == places[0] else 4) for x in reversed(places))
    return format_html(
        '<g><title>{}</title><text class="chart-name" x="1%" y="{}">{}</text>'
        '<rect class="chart-span" x="{}%" y="{}" width="{}%" height="6" rx="3"/>{}</g>',
        *(row.said, top + 16, row.name),
        *(_of(places[0]), top + 26, _of(places[-1] - places[0])),
        format_html_join("", '<circle class="chart-mark" cx="{}%" cy="{}" r="{}"/>', marks),
    )


def duration(milliseconds: float) -> str:
    """A time in the unit that suits it, to three digits."""
    for below, size, unit in UNITS:
        if milliseconds < below:
            return f"{_digits(milliseconds / size)} {unit}"
    return f"{_digits(milliseconds / 86_400_000)} d"


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _of(percent: float) -> str:
    return f"{percent:.2f}"


def _picture(kind: str, title: str, description: str, tall: int, body: SafeString) -> SafeString:
    return format_html(
        '<svg class="chart" role="img" aria-labelledby="{0}-title {0}-desc" width="100%" '
        'height="{1}"><title id="{0}-title">{2}</title><desc id="{0}-desc">{3}</desc>{4}</svg>',
        *(f"chart-{kind}", tall, title, description, body),
    )
