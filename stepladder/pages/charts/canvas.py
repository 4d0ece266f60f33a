"""What every chart stands on: scales, ticks, text that is measured before it is placed, marks, and the figure around.

A chart is drawn for three widths and the style sheet shows the widest that fits its box: text stays at 12 px or more,
names find room at each width, and nothing is scaled until it cannot be read.
"""

import hashlib
import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from stepladder.pages.html import Markup, Node, element, render, visible

NARROW, MEDIUM, WIDE = WIDTHS = (288, 460, 640)  # the widths that charts are drawn for, in px
SIZE, SMALL = 13.0, 12.0  # text, in px
Anchor = Literal["start", "middle", "end"]
Shape = Literal["chosen", "other", "better", "worse", "failed"]


def text_width(text: str, size: float = SIZE) -> float:
    """An upper estimate of the width of text in px, good for the common system fonts (Verdana and DejaVu apart)."""
    return sum(map(_em, visible(text))) * size


def _em(char: str) -> float:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.04
    if char in "iljItfr|.,:;'!()[]/ -`":
        return 0.37
    if char in "mwMW@%—":
        return 0.96
    return 0.72 if char.isupper() or ord(char) > 0x2000 else 0.6


def fit(text: str, room: float, size: float = SIZE, lines: int = 2) -> list[str]:
    """Text in at most `lines` lines of `room` px: broken after a space or one of `_:/-`, or cut in its middle."""
    text = visible(text)
    if text_width(text, size) <= room:
        return [text]
    if lines > 1:
        breaks = [
            i + 1 for i, char in enumerate(text[:-1]) if char in " _:/-" and text_width(text[: i + 1], size) <= room
        ]
        if breaks:
            rest = text[breaks[-1] :].lstrip()
            return [text[: breaks[-1]].rstrip(), *fit(rest, room, size, lines - 1)]
    return [_shorten(text, room, size)]


def _shorten(text: str, room: float, size: float) -> str:
    keep = len(text)
    while keep > 2 and text_width(text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :], size) > room:
        keep -= 1
    return text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]


@dataclass(frozen=True)
class Scale:
    """From values (`low` to `high`) to px (`start` to `end`); `log` is for positive values."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The px of a value, held inside the axis so that a mark never leaves its plot."""
        low, high, at = (
            (math.log10(v) for v in (self.low, self.high, max(value, self.low)))
            if self.log
            else (self.low, self.high, value)
        )
        share = (at - low) / (high - low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def linear(values: Iterable[float], start: float, end: float, *, ticks: int = 5) -> tuple[Scale, list[float]]:
    """A scale that holds all values, from tick to tick, and its 3 to 7 round ticks."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = max(min(known), -1e300), min(max(known), 1e300)
    if high - low <= 1e-9 * max(abs(low), abs(high)) or high - low < 1e-300:
        pad = abs(low) * 0.1 or 0.5
        low, high = low - pad, high + pad
    raw = (high / 2 - low / 2) * 2 / ticks
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = [round(index * step, 12 - math.floor(math.log10(step))) for index in range(first, last + 1)]
    return Scale(marks[0], marks[-1], start, end), marks


def logarithmic(values: Iterable[float], start: float, end: float) -> tuple[Scale, list[float]]:
    """The same for positive values on a log axis: powers of ten, or 1-2-5 steps within a decade or two."""
    known = [value for value in values if math.isfinite(value) and value > 0] or [1.0]
    low, high = max(min(known), 1e-300), min(max(known), 1e300)
    first, last = math.floor(math.log10(low * 1.0001)), math.ceil(math.log10(high * 0.9999))
    scale = Scale(low * 0.7, high * 1.4, start, end, log=True)
    if last - first > 2:
        stride = math.ceil((last - first) / 5)
        marks = [10.0**power for power in range(first, last + 1, stride)]
    else:
        marks = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
    return scale, [mark for mark in marks if scale.low <= mark <= scale.high]


def px(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def label(x: float, y: float, text: Node, kind: str = "", anchor: Anchor = "start") -> Markup:
    """Text with its baseline at y; `kind` are classes (`muted`, `strong`, `small`, a tone)."""
    return element(
        "text",
        {"x": px(x), "y": px(y), "class": kind or None, "text-anchor": None if anchor == "start" else anchor},
        text,
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight stroke, styled by its class."""
    return element("line", {"x1": px(x1), "y1": px(y1), "x2": px(x2), "y2": px(y2), "class": kind})


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A box, styled by its class."""
    return element(
        "rect", {"x": px(x), "y": px(y), "width": px(max(0.0, width)), "height": px(max(0.0, height)), "class": kind}
    )


def mark(shape: Shape, x: float, y: float, kind: str = "") -> Markup:
    """The shapes that carry meaning without colour: filled circle chosen, hollow other, triangles, cross failed."""
    kind = f"mark {shape} {kind}".rstrip()
    if shape in {"chosen", "other"}:
        return element("circle", {"cx": px(x), "cy": px(y), "r": 6 if shape == "chosen" else 5, "class": kind})
    if shape == "failed":
        return element("path", {"d": f"M{px(x - 5)} {px(y - 5)}l10 10m0 -10l-10 10", "class": kind})
    up = -1 if shape == "better" else 1
    return element("path", {"d": f"M{px(x - 6)} {px(y - 4.5 * up)}h12l-6 {px(10 * up)}z", "class": kind})


def over(named: Sequence[tuple[float, str]], scale: Scale, width: int) -> list[tuple[float, str, int]]:
    """Where the names of vertical lines stand above a plot: x, text, and a level (0 on top) at which no two touch."""
    levels: list[list[tuple[float, float]]] = []
    spots: list[tuple[float, str, int]] = []
    for at, name in named:
        if not name:
            continue
        text = fit(name, width - 4, SMALL, 1)[0]
        half = text_width(text, SMALL) / 2
        x = min(max(scale(at), half), width - half)
        free = [i for i, taken in enumerate(levels) if all(abs(x - c) > half + h + 8 for c, h in taken)]
        level = free[0] if free else len(levels)
        if level == len(levels):
            levels.append([])
        levels[level].append((x, half))
        spots.append((x, text, level))
    return [(x, text, len(levels) - 1 - level) for x, text, level in spots]


Drawing = tuple[float, Sequence[Node]]  # height in px, and what is drawn


def figure(
    draw: Callable[[int], Drawing],
    *,
    finding: str,
    twin: Node,
    note: Node = None,
    marks_are_items: bool = False,
) -> Markup:
    """The figure around a drawing: the finding as its caption, the SVG at each width, and the numbers as a table.

    With `marks_are_items` the SVG is a list whose items can be reached by keyboard; otherwise it is one image.
    """
    images = []
    for width in WIDTHS:
        height, shapes = draw(width)
        attributes = {"viewBox": f"0 0 {width} {px(height)}", "class": f"w{width}"}
        images.append(_list(attributes, finding, shapes) if marks_are_items else _image(attributes, finding, shapes))
    caption = element("figcaption", None, element("strong", None, finding), _note(note))
    numbers = element("details", {"class": "numbers"}, element("summary", None, "Show the numbers"), twin)
    return element("figure", {"class": "chart"}, caption, element("div", {"class": "plot"}, images), numbers)


def _note(note: Node) -> Markup | None:
    return None if note is None or note == "" else element("span", {"class": "note"}, note)


def _list(attributes: dict[str, str], finding: str, shapes: Sequence[Node]) -> Markup:
    return element("svg", {**attributes, "role": "list", "aria-label": finding}, shapes)


def _image(attributes: dict[str, str], finding: str, shapes: Sequence[Node]) -> Markup:
    key = "c" + hashlib.sha256(f"{attributes}{finding}{render(shapes)}".encode()).hexdigest()[:10]
    names = {"role": "img", "aria-labelledby": f"{key}t {key}d"}
    title = element("title", {"id": f"{key}t"}, finding)
    told = element("desc", {"id": f"{key}d"}, "The numbers are in the table below the chart.")
    return element("svg", {**attributes, **names}, title, told, shapes)


def item(spoken: str, first: bool, *shapes: Node, tip: bool = False) -> Markup:
    """One mark of a list chart: a single tab stop for the chart (its first item), arrow keys inside (page.js).

    With `tip` the words are also shown when a pointer rests on the mark.
    """
    attributes: dict[str, str | int] = {"role": "listitem", "tabindex": 0 if first else -1, "aria-label": spoken}
    return element("g", attributes, element("title", None, spoken) if tip else None, shapes)


def unspoken(*shapes: Node) -> Markup:
    """What stands around the items of a list chart: a reader hears the items, not the ticks."""
    return element("g", {"aria-hidden": "true"}, shapes)


def nothing(finding: str, text: str) -> Markup:
    """In place of a chart that has nothing to show: a sentence, never an empty axis."""
    caption = element("figcaption", None, element("strong", None, finding))
    return element("figure", {"class": "chart none"}, caption, element("p", {"class": "empty"}, text))
