"""Sequence diagrams as SVG: who tells whom what, from top to bottom.

The same diagram is the same text, byte for byte. Its colours follow the reader's scheme by a style
of its own, so that it looks alike on our pages and wherever a Markdown file is shown.
"""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

COLUMN, MARGIN, TOP = 190, 20, 20
LINE, GAP, PAD = 16, 14, 10
LETTER = 6.6
"""About how wide a letter is; what would be too wide is broken."""
BAR = 5
"""Half of how wide the bar is of who is at work."""


@dataclass(frozen=True, slots=True)
class Call:
    """A message whose sender waits for an answer; to itself, a step of its own."""

    source: str
    target: str
    text: str
    kind: Literal["call", "send", "answer"] = "call"


def send(source: str, target: str, text: str) -> Call:
    """A message for whose answer nobody waits."""
    return Call(source, target, text, "send")


def answer(source: str, target: str, text: str) -> Call:
    """What comes back of a call."""
    return Call(source, target, text, "answer")


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know, over one lifeline or from the first to the last of several."""

    over: Sequence[str]
    text: str


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody is at work during these steps."""

    who: str
    steps: "Sequence[Step]"


@dataclass(frozen=True, slots=True)
class Box:
    """Steps that belong together, such as those of a transaction, drawn around these lifelines."""

    title: str
    around: Sequence[str]
    steps: "Sequence[Step]"


@dataclass(frozen=True, slots=True)
class End:
    """Here somebody ends, and why."""

    who: str
    text: str


Step = Call | Note | Work | Box | End


@dataclass(frozen=True, slots=True)
class Diagram:
    """A sequence diagram; `title` and `story` are for who does not see it."""

    title: str
    story: str
    lifelines: Sequence[str]
    steps: Sequence[Step]


STYLE = """
:root { --ink: #1c2421; --quiet: #586460; --paper: #fdfdfb; --raised: #fff; --line: #87918c;
  --accent: #17594b; --soft: #e4efeb; --note: #fbf1dc; --note-ink: #7a4b00; --bad: #9c1f27; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9e6; --quiet: #a2ada8; --paper: #131816;
  --raised: #1a211e; --line: #73807a; --accent: #7dcdb8; --soft: #1c332d; --note: #362a12;
  --note-ink: #f0c572; --bad: #ff9f9a; } }
text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  fill: var(--ink); text-anchor: middle; }
.paper { fill: var(--paper); }
.who { fill: var(--raised); stroke: var(--line); } text.name { font-weight: 650; }
.life { stroke: var(--line); stroke-dasharray: 2 4; }
.box { fill: var(--soft); fill-opacity: .5; stroke: var(--accent); }
text.box-title { fill: var(--accent); stroke: none; font-weight: 650; text-anchor: start; }
.bar { fill: var(--soft); stroke: var(--accent); }
.note { fill: var(--note); } text.noted { fill: var(--note-ink); }
.arrow { stroke: var(--ink); fill: none; } .head { fill: var(--ink); }
.answer { stroke-dasharray: 6 4; }
text.said { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
text.after { text-anchor: start; } text.before { text-anchor: end; }
.end { stroke: var(--bad); stroke-width: 2.5; } text.ended { fill: var(--bad); font-weight: 650; }
"""


def drawn(diagram: Diagram) -> str:
    """The diagram as an SVG document."""
    return "\n".join(_Drawing(diagram).lines()) + "\n"


@dataclass(slots=True)
class _Drawing:
    """A diagram as far as it is drawn; `y` is where the next step begins."""

    diagram: Diagram
    y: int = TOP + 40
    below: list[str] = field(default_factory=list)
    """Boxes and bars, on which all else is drawn."""
    above: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        width = 2 * MARGIN + COLUMN * len(self.diagram.lifelines)
        self._all(self.diagram.steps)
        height = self.y + GAP
        title, story = escape(self.diagram.title), escape(self.diagram.story)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title story">'
        )
        yield f'<title id="title">{title}</title>'
        yield f'<desc id="story">{story}</desc>'
        yield f"<style>{STYLE}</style>"
        yield f'<rect class="paper" width="{width}" height="{height}"/>'
        for name in self.diagram.lifelines:
            x, end = self._x(name), self.ends.get(name, height - GAP // 2)
            yield f'<line class="life" x1="{x}" y1="{TOP}" x2="{x}" y2="{end}"/>'
        yield from self.below
        for name in self.diagram.lifelines:
            yield from self._name(name)
        yield from self.above
        yield "</svg>"

    def _x(self, name: str) -> int:
        return MARGIN + COLUMN * self.diagram.lifelines.index(name) + COLUMN // 2

    def _name(self, name: str) -> Iterator[str]:
        x = self._x(name) - COLUMN // 2 + 12
        yield f'<rect class="who" x="{x}" y="{TOP - 8}" width="{COLUMN - 24}" height="30" rx="6"/>'
        yield _text("name", self._x(name), TOP + 12, name)

    def _all(self, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Call(source, target) if source == target:
                    self._to_itself(step)
                case Call():
                    self._call(step)
                case Note():
                    self._note(step)
                case Work():
                    self._work(step)
                case Box():
                    self._box(step)
                case End():
                    self._end(step)

    def _call(self, call: Call) -> None:
        start, end = self._x(call.source), self._x(call.target)
        towards = 1 if end > start else -1
        self._say("said", (start + end) // 2, call.text, abs(end - start) - 4 * BAR)
        self.y += 4
        tip = end - towards * BAR
        line = f'x1="{start + towards * BAR}" y1="{self.y}" x2="{tip}" y2="{self.y}"'
        self.above.append(f'<line class="arrow {call.kind}" {line}/>')
        self.above.append(_head(tip, self.y, towards, full=call.kind == "call"))
        self.y += GAP

    def _to_itself(self, call: Call) -> None:
        # To the right, but of the last to the left, where there is room.
        side = -1 if call.source == self.diagram.lifelines[-1] else 1
        x = self._x(call.source) + side * BAR
        rows = _broken(call.text, COLUMN - 46)
        height = max(len(rows) * LINE, LINE + 4)
        turn = f"M{x} {self.y} h{side * 22} v{height} h{-side * 21}"
        self.above.append(f'<path class="arrow" d="{turn}"/>')
        self.above.append(_head(x, self.y + height, -side, full=True))
        kind = "said after" if side > 0 else "said before"
        for number, row in enumerate(rows):
            y = self.y + 13 + number * LINE + (height - len(rows) * LINE) // 2
            self.above.append(_text(kind, x + side * 28, y, row))
        self.y += height + GAP

    def _note(self, note: Note) -> None:
        places = [self._x(name) for name in note.over]
        left, right = min(places) - COLUMN // 2 + 6, max(places) + COLUMN // 2 - 6
        rows = _broken(note.text, right - left - 2 * PAD)
        height = len(rows) * LINE + PAD
        rectangle = f'x="{left}" y="{self.y}" width="{right - left}" height="{height}" rx="4"'
        self.above.append(f'<rect class="note" {rectangle}/>')
        self.y += PAD // 2
        self._rows("noted", (left + right) // 2, rows)
        self.y += PAD // 2 + GAP

    def _work(self, work: Work) -> None:
        top, place = self.y - GAP, len(self.below)
        self._all(work.steps)
        x, height = self._x(work.who) - BAR, self.y - GAP - top
        size = f'x="{x}" y="{top}" width="{2 * BAR}" height="{height}"'
        self.below.insert(place, f'<rect class="bar" {size}/>')

    def _box(self, box: Box) -> None:
        places = [self._x(name) for name in box.around]
        left, right = min(places) - COLUMN // 2 + 6, max(places) + COLUMN // 2 - 6
        top, place = self.y, len(self.below)
        self.above.append(_text("box-title", left + PAD, top + 18, box.title))
        self.y += 18 + GAP
        self._all(box.steps)
        size = f'x="{left}" y="{top}" width="{right - left}" height="{self.y - top}" rx="8"'
        self.below.insert(place, f'<rect class="box" {size}/>')
        self.y += GAP

    def _end(self, end: End) -> None:
        x, y, arm = self._x(end.who), self.y + 8, 8
        self.ends[end.who] = y
        self.above.append(
            f'<path class="end" d="M{x - arm} {y - arm} l{2 * arm} {2 * arm}'
            f' m0 -{2 * arm} l-{2 * arm} {2 * arm}"/>'
        )
        self.y = y + arm + 4
        self._say("ended", x, end.text, COLUMN - PAD)
        self.y += GAP

    def _say(self, kind: str, x: int, text: str, room: int) -> None:
        self._rows(kind, x, _broken(text, room))

    def _rows(self, kind: str, x: int, rows: Iterable[str]) -> None:
        for row in rows:
            self.above.append(_text(kind, x, self.y + 12, row))
            self.y += LINE


def _text(kind: str, x: int, y: int, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def _head(x: int, y: int, towards: int, *, full: bool) -> str:
    """The head of an arrow: full where an answer is awaited."""
    back = x - towards * 9
    if full:
        return f'<path class="head" d="M{x} {y} L{back} {y - 5} L{back} {y + 5} Z"/>'
    return f'<path class="arrow" d="M{back} {y - 5} L{x} {y} L{back} {y + 5}"/>'


def _broken(text: str, room: int) -> list[str]:
    """A text in rows that are not wider than there is room."""
    width = int(room / LETTER)
    return [row for line in text.split("\n") for row in textwrap.wrap(line, width)]
