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
    over,
    rect,
    text_width,
    unspoken,
)
from stepladder.pages.html import Markup, element
from stepladder.pages.numerals import ticks_text

GAP = 14.0  # px between columns


@dataclass(frozen=True)
class Row:
    """One line: where dot and interval lie, how they look, and the words around them (`tone` colours `status`)."""

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

    def spans(self, top: float, rows: int) -> list[tuple[float, float]]:
        """Where grid and band are drawn: the whole plot, or, under stacked names, a strip around each line."""
        if not self.stacked:
            return [(top, top + self.height * rows)]
        return [(top + self.middle(index) - 9, top + self.middle(index) + 9) for index in range(rows)]


def draw_rows(rows: Sequence[Row], frame: Frame, width: int) -> Drawing:
    """The rows, in the order given from top to bottom, as one drawing of `width` px."""
    layout = _stacked(rows, width) if width <= MEDIUM else _columns(rows, width)
    scale, ticks = linear(_extent(rows, frame), layout.left, layout.right, ticks=4 if width <= NARROW else 5)
    named = [*frame.lines, *([((frame.band[0] + frame.band[1]) / 2, frame.band[2])] if frame.band else [])]
    words = over(named, scale, width)
    top = 18.0 + 16 * max((level for *_, level in words), default=-1)
    bottom = top + layout.height * len(rows)
    behind = [
        _ticks(scale, ticks, width, bottom),
        *(_behind(scale, ticks, frame, *span) for span in layout.spans(top, len(rows))),
    ]
    above = [label(x, 12 + 16 * level, text, "tick", "middle") for x, text, level in words]
    lines = [_row(row, index, scale, layout, top) for index, row in enumerate(rows)]
    return bottom + (62 if frame.sides else 44), [unspoken(behind, above, _axis(frame, layout, bottom)), lines]


def _stacked(rows: Sequence[Row], width: int) -> _Layout:
    """Name and figures above the line of each row."""
    names = [fit(row.name, width - text_width(_figures(row, width)) - GAP, SIZE, 1) for row in rows]
    return _Layout(width, True, names, 14, width - 14, width, width, 0, 48 if width <= NARROW else 44)


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


def _figures(row: Row, width: int) -> str:
    """Value and interval, or the value alone where the name needs the room (the dot shows it, the table tells it)."""
    both = f"{row.value} {row.between}".rstrip()
    return both if text_width(row.name) + text_width(both) + GAP <= width else row.value


def _extent(rows: Sequence[Row], frame: Frame) -> list[float]:
    values = [value for row in rows for value in (row.at, row.low, row.high) if value is not None]
    return [*values, *(frame.band[:2] if frame.band else ()), *(at for at, _ in frame.lines)]


def _ticks(scale: Scale, ticks: Sequence[float], width: int, bottom: float) -> list[Markup]:
    drawn = []
    for tick, text in zip(ticks, ticks_text(ticks), strict=True):
        half = text_width(text, SMALL) / 2
        drawn.append(label(min(max(scale(tick), half), width - half), bottom + 17, text, "tick", "middle"))
    return drawn


def _behind(scale: Scale, ticks: Sequence[float], frame: Frame, top: float, bottom: float) -> list[Markup]:
    band = [scale(edge) for edge in frame.band[:2]] if frame.band else []
    return [
        *([rect(band[0], top, band[1] - band[0], bottom - top, "band")] if band else []),
        *(line(scale(tick), top, scale(tick), bottom, "grid") for tick in ticks),
        *(line(scale(at), top, scale(at), bottom, "reference") for at, _ in frame.lines),
    ]


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
    name, status = layout.names[index][0], ", ".join(row.status)
    shown = _figures(row, layout.width)
    used = text_width(name) + text_width(shown) + text_width(status, SMALL) + 2 * GAP
    said = element("tspan", {"class": f"status {row.tone}".rstrip(), "dx": 8}, status)
    figures = [element("tspan", {"class": "value"}, row.value), shown.removeprefix(row.value) or None]
    return [
        label(0, y, [name, said if status and used < layout.width else None], _classes(row)),
        label(layout.width, y, figures, _classes(row, "figures"), "end"),
    ]


def _words_beside(row: Row, layout: _Layout, index: int, y: float) -> list[Markup]:
    def stack(lines: Sequence[str], x: float, kind: str, apart: float) -> list[Markup]:
        first = y + 4.5 - apart / 2 * (len(lines) - 1)
        return [label(x, first + apart * at, text, kind) for at, text in enumerate(lines)]

    value = label(layout.value_at, y + 4.5, row.value, _classes(row, "value"), "end")
    between = label(layout.between_at, y + 4.5, row.between, _classes(row, "tick"), "end") if row.between else None
    name, status = stack(layout.names[index], 0, _classes(row), 15), [text for text in row.status if text]
    figures = [value, between] if between else [value]
    return [*name, *figures, *stack(status, layout.status_at, f"status {row.tone}".rstrip(), 14)]
