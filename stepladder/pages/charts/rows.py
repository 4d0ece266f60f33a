"""Rows of dots with intervals over one axis: the drawing that the ladder and the forest plot share.

Wide: name | plot | value | status in columns. Narrow: name and value stand above their own line, so nothing is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stepladder.pages.charts.canvas import (
    MEDIUM,
    NARROW,
    SIZE,
    SMALL,
    Drawing,
    Scale,
    Shape,
    fit,
    item,
    label,
    line,
    linear,
    mark,
    rect,
    text_width,
    tick_digits,
)
from stepladder.pages.html import Markup, element
from stepladder.pages.numerals import number

GAP = 14.0  # px between columns


@dataclass(frozen=True)
class Row:
    """One line: where the dot and its interval lie, how they look, and the words around them (`tone` colours `status`)."""

    name: str
    at: float | None
    low: float | None
    high: float | None
    shape: Shape
    value: str
    between: str
    status: Sequence[str]
    spoken: str
    tone: str = ""
    faint: bool = False


@dataclass(frozen=True)
class Frame:
    """What the rows are drawn in: the axis and its name, a band, named reference lines, and words for the two sides."""

    axis: str
    band: tuple[float, float, str] | None = None
    lines: Sequence[tuple[float, str]] = ()
    sides: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Layout:
    """Where the columns of one width are, and how tall a row is."""

    width: int
    stacked: bool
    names: list[list[str]]
    left: float
    right: float
    value_at: float
    between_at: float
    status_at: float
    height: float

    def middle(self, index: int) -> float:
        """The y of a row's dot, from the top of the plot."""
        return self.height * (index + (0.74 if self.stacked else 0.5))


def draw_rows(rows: Sequence[Row], frame: Frame, width: int) -> Drawing:
    """The rows, in the order given from top to bottom, as one drawing of `width` px."""
    layout = _stacked(rows, width) if width <= MEDIUM else _columns(rows, width)
    scale, ticks = linear(_extent(rows, frame), layout.left, layout.right, ticks=4 if width <= NARROW else 5)
    words = _named_lines(frame, scale, width)
    top = 18.0 + 16 * max((level for *_, level in words), default=-1)
    bottom = top + layout.height * len(rows)
    behind = [*_grid(scale, ticks, width, top, bottom), *_references(frame, scale, top, bottom)]
    above = [label(x, 12 + 16 * level, text, "tick", "middle") for x, text, level in words]
    lines = [_row(row, index, scale, layout, top) for index, row in enumerate(rows)]
    return bottom + (62 if frame.sides else 44), [behind, above, _axis(frame, layout, bottom), lines]


def _stacked(rows: Sequence[Row], width: int) -> _Layout:
    """Name and figures above the line of each row."""
    names = [fit(row.name, width - text_width(_figures(row)) - GAP, SIZE, 1) for row in rows]
    return _Layout(width, True, names, 7, width - 7, width, width, 0, 48 if width <= NARROW else 44)


def _columns(rows: Sequence[Row], width: int) -> _Layout:
    """Name, plot, value, interval and status side by side."""
    names = [fit(row.name, width * 0.25, SIZE, 2) for row in rows]
    left = max(text_width(text) for name in names for text in name) + GAP
    status = _widest([text for row in rows for text in row.status], SMALL)
    between, value = _widest([row.between for row in rows], SMALL), _widest([row.value for row in rows], SIZE)
    between_at = width - status
    two = any(len(name) > 1 for name in names) or any(len(row.status) > 1 for row in rows)
    right = between_at - between - value
    return _Layout(
        width, False, names, left, right, between_at - between, between_at, width - status + GAP, 36 if two else 32
    )


def _widest(texts: Sequence[str], size: float) -> float:
    return max((text_width(text, size) + GAP for text in texts if text), default=0.0)


def _figures(row: Row) -> str:
    return f"{row.value} {row.between}".rstrip()


def _extent(rows: Sequence[Row], frame: Frame) -> list[float]:
    values = [value for row in rows for value in (row.at, row.low, row.high) if value is not None]
    return [*values, *(frame.band[:2] if frame.band else ()), *(at for at, _ in frame.lines)]


def _named_lines(frame: Frame, scale: Scale, width: int) -> list[tuple[float, str, int]]:
    """The words above the plot with their x, each on the lowest line where it touches no other (level 0 is on top)."""
    named = [*((at, name) for at, name in frame.lines if name)]
    if frame.band:
        named.append(((frame.band[0] + frame.band[1]) / 2, frame.band[2]))
    ends: list[list[tuple[float, float]]] = []
    spots: list[tuple[float, str, int]] = []
    for at, name in named:
        text = fit(name, width - 4, SMALL, 1)[0]
        half = text_width(text, SMALL) / 2
        x = min(max(scale(at), half), width - half)
        level = next((i for i, taken in enumerate(ends) if all(abs(x - c) > half + h + 8 for c, h in taken)), len(ends))
        if level == len(ends):
            ends.append([])
        ends[level].append((x, half))
        spots.append((x, text, level))
    return [(x, text, len(ends) - 1 - level) for x, text, level in spots]


def _grid(scale: Scale, ticks: Sequence[float], width: int, top: float, bottom: float) -> list[Markup]:
    digits = tick_digits(ticks)
    drawn = []
    for tick in ticks:
        x, text = scale(tick), number(tick, digits)
        half = text_width(text, SMALL) / 2
        drawn.append(line(x, top, x, bottom, "grid"))
        drawn.append(label(min(max(x, half), width - half), bottom + 17, text, "tick", "middle"))
    return drawn


def _references(frame: Frame, scale: Scale, top: float, bottom: float) -> list[Markup]:
    drawn = [line(scale(at), top, scale(at), bottom, "reference") for at, _ in frame.lines]
    if frame.band:
        start, end = scale(frame.band[0]), scale(frame.band[1])
        drawn.insert(0, rect(start, top, end - start, bottom - top, "band"))
    return drawn


def _axis(frame: Frame, layout: _Layout, bottom: float) -> list[Markup]:
    middle = (layout.left + layout.right) / 2
    text = fit(frame.axis, layout.width - 8, SMALL, 1)[0]
    half = text_width(text, SMALL) / 2
    words = [label(min(max(middle, half), layout.width - half), bottom + 36, text, "tick", "middle")]
    if frame.sides:
        left, right = (fit(side, layout.width / 2 - 8, SMALL, 1)[0] for side in frame.sides)
        middle = min(max(middle, text_width(left, SMALL) + 6), layout.width - text_width(right, SMALL) - 6)
        words.append(label(min(layout.left, middle - text_width(left, SMALL) - 6), bottom + 55, left, "tick"))
        words.append(label(max(layout.right, middle + text_width(right, SMALL) + 6), bottom + 55, right, "tick", "end"))
    return words


def _row(row: Row, index: int, scale: Scale, layout: _Layout, top: float) -> Markup:
    y, tone, above = top + layout.middle(index), " faint" if row.faint else "", top + layout.height * index
    words = _words_above(row, layout, index, above + 18) if layout.stacked else _words_beside(row, layout, index, y)
    shapes = [rect(0, above, layout.width, layout.height, "hit"), *words, line(scale.start, y, scale.end, y, "rung")]
    if row.low is not None and row.high is not None:
        shapes.append(line(scale(row.low), y, scale(row.high), y, f"interval {row.shape}{tone}"))
    at = scale.start + 8 if row.at is None else scale(row.at)
    shapes.append(mark("failed" if row.at is None else row.shape, at, y, tone.strip()))
    return item(row.spoken, index == 0, shapes)


def _classes(row: Row, kind: str = "") -> str:
    words = (kind, "strong" if row.shape == "chosen" and not kind else "", "faint" if row.faint else "")
    return " ".join(filter(None, words))


def _words_above(row: Row, layout: _Layout, index: int, y: float) -> list[Markup]:
    name = layout.names[index][0]
    used = text_width(name) + GAP / 2
    words = [label(0, y, name, _classes(row))]
    status = ", ".join(row.status)
    if status and used + text_width(_figures(row)) + text_width(status, SMALL) + GAP < layout.width:
        words.append(label(used, y, status, f"status {row.tone}".rstrip()))
    figures = [element("tspan", {"class": "value"}, row.value), f" {row.between}" if row.between else None]
    return [*words, label(layout.width, y, figures, _classes(row, "figures"), "end")]


def _words_beside(row: Row, layout: _Layout, index: int, y: float) -> list[Markup]:
    def stack(lines: Sequence[str], x: float, kind: str, apart: float) -> list[Markup]:
        first = y + 4.5 - apart / 2 * (len(lines) - 1)
        return [label(x, first + apart * at, text, kind) for at, text in enumerate(lines)]

    value = label(layout.value_at, y + 4.5, row.value, _classes(row, "value"), "end")
    between = label(layout.between_at, y + 4.5, row.between, _classes(row, "tick"), "end") if row.between else None
    name, status = stack(layout.names[index], 0, _classes(row), 15), [text for text in row.status if text]
    figures = [value, between] if between else [value]
    return [*name, *figures, *stack(status, layout.status_at, f"status {row.tone}".rstrip(), 14)]
