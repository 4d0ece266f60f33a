"""A heat map: one cell for each pair of a named row and a numbered column, the darker the larger the value."""

import math
from collections.abc import Sequence

from stepladder.pages.charts.canvas import SMALL, Drawing, figure, fit, label, nothing, px, text_width
from stepladder.pages.html import Column, Markup, Node, element, table
from stepladder.pages.numerals import number

_FAINTEST = 0.06  # opacity of the smallest value, so that a cell of nothing and a cell that is missing differ
_TALLEST = 26.0  # px of a row


def heat_map(
    values: Sequence[Sequence[float | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    finding: str,
    column_axis: str,
    unit: str,
    digits: int = 3,
    note: Node = None,
) -> Markup:
    """`values[row][column]`, all at least 0; None leaves a cell empty. Opacity grows with the value from 0 to the largest."""
    known = [value for line in values for value in line if value is not None and math.isfinite(value)]
    if not known:
        return nothing(finding, "There is nothing to show.")
    largest = max(known) or 1.0
    heads: list[Column | str] = [column_axis, *(Column(row, True) for row in rows)]
    body: list[list[Node]] = [
        [column, *(number(line[at], digits) for line in values)] for at, column in enumerate(columns)
    ]
    said = [f"Empty: 0 {unit}; full: {number(largest, digits)}.", *(" ", note) * bool(note)]
    return figure(
        lambda width: _draw(values, rows, columns, column_axis, largest, width),
        finding=finding,
        note=said,
        twin=table(unit, heads, body, cards=False),
    )


def _draw(
    values: Sequence[Sequence[float | None]],
    rows: Sequence[str],
    columns: Sequence[str],
    column_axis: str,
    largest: float,
    width: int,
) -> Drawing:
    names = [fit(row, width * 0.34, SMALL, 1)[0] for row in rows]
    left = max(text_width(name, SMALL) for name in names) + 10
    across = min(40.0, (width - left) / max(1, len(columns)))
    tall = min(_TALLEST, max(16.0, across))
    drawn: list[Node] = []
    for r, (name, line) in enumerate(zip(names, values, strict=True)):
        drawn.append(label(0, tall * r + tall / 2 + 4, name, "tick"))
        drawn.extend(
            cell(left + across * c, tall * r, across, tall, value / largest)
            for c, value in enumerate(line)
            if value is not None and math.isfinite(value)
        )
    bottom = tall * len(rows)
    drawn.extend(_ticks(columns, left, across, bottom))
    middle = left + across * len(columns) / 2
    drawn.append(label(middle, bottom + 34, column_axis, "tick", "middle"))
    return bottom + 40, drawn


def cell(x: float, y: float, width: float, height: float, share: float) -> Markup:
    """One cell whose opacity is `share` (0 to 1) of full; a hair smaller than its room, so that cells stay apart."""
    gap = 1.0 if width >= 6 else 0.3
    size = {"x": f"{x:.2f}", "y": px(y), "width": f"{max(0.5, width - gap):.2f}", "height": px(height - 1)}
    opacity = _FAINTEST + (1 - _FAINTEST) * min(1.0, max(0.0, share))
    return element("rect", {**size, "class": "heat", "fill-opacity": f"{opacity:.3f}"})


def _ticks(columns: Sequence[str], left: float, across: float, bottom: float) -> list[Markup]:
    """As many column names as there is room for, at equal steps."""
    room = max((text_width(column, SMALL) for column in columns), default=0.0) + 8
    step = max(1, math.ceil(room / across))
    return [
        label(left + across * (at + 0.5), bottom + 16, columns[at], "tick", "middle")
        for at in range(0, len(columns), step)
    ]
