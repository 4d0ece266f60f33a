"""Lines over steps: training curves, each named at its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepladder.pages.charts.canvas import (
    SMALL,
    Drawing,
    Scale,
    figure,
    fit,
    label,
    line,
    linear,
    nothing,
    px,
    text_width,
)
from stepladder.pages.html import Column, Markup, Node, element, table
from stepladder.pages.numerals import number, ticks_text

MOST_POINTS = 240  # a line keeps the lowest and highest point of each stretch beyond this
MOST_ROWS = 25  # of the table
TOP, HEIGHT = 26.0, 230.0  # px over the plot, and of it
Point = tuple[float, float | None]


@dataclass(frozen=True)
class Series:
    """A named line of (x, y) points in the order of x; None or NaN leaves a gap."""

    name: str
    points: Sequence[Point]


def lines(
    series: Sequence[Series],
    *,
    finding: str,
    x_axis: str,
    y_axis: str,
    line_at: tuple[float, str] | None = None,
    note: Node = None,
) -> Markup:
    """Up to four series by colour and dash, more share them; `line_at` is a named level such as chance."""
    known = [Series(each.name, [point for point in each.points if _x_known(point)]) for each in series]
    drawn = [each for each in known if any(_known(y) for _, y in each.points)]
    if not drawn:
        return nothing(finding, "Nothing has been logged yet.")
    names = [each.name for each in series if each.name not in {one.name for one in drawn}]
    said = [note, f" Without values: {', '.join(names)}." if names else None]
    return figure(
        lambda width: _draw(drawn, (x_axis, y_axis), line_at, width),
        finding=finding,
        note=said if note or names else None,
        twin=_twin(drawn, x_axis, y_axis),
    )


def _known(y: float | None) -> bool:
    return y is not None and math.isfinite(y)


def _x_known(point: Point) -> bool:
    return math.isfinite(point[0])


def _draw(series: Sequence[Series], axes: tuple[str, str], line_at: tuple[float, str] | None, width: int) -> Drawing:
    names = [fit(each.name, width * 0.3, SMALL, 1)[0] for each in series]
    values = [y for each in series for _, y in each.points if y is not None and math.isfinite(y)]
    bottom = TOP + max(HEIGHT, 16.0 * len(series))
    y, y_ticks = linear([*values, *([line_at[0]] if line_at else [])], bottom, TOP)
    words = ticks_text(y_ticks)
    left = max(text_width(word, SMALL) for word in words) + 10
    right = width - max(text_width(name, SMALL) for name in names) - 14
    x, x_ticks = _x_scale([x for each in series for x, _ in each.points], left, right)
    drawn = [line(left, y(tick), right, y(tick), "grid") for tick in y_ticks]
    drawn += [label(left - 7, y(tick) + 4, word, "tick", "end") for tick, word in zip(y_ticks, words, strict=True)]
    drawn += [
        label(x(tick), bottom + 17, word, "tick", "middle")
        for tick, word in zip(x_ticks, ticks_text(x_ticks), strict=True)
    ]
    drawn.append(label(0, 13, fit(axes[1], width - 8, SMALL, 1)[0], "tick"))
    drawn.append(label((left + right) / 2, bottom + 37, fit(axes[0], right - left, SMALL, 1)[0], "tick", "middle"))
    if line_at:
        drawn.append(line(left, y(line_at[0]), right, y(line_at[0]), "reference"))
        drawn.append(label(left + 6, y(line_at[0]) - 5, line_at[1], "tick halo"))
    for index, each in enumerate(series):
        drawn += _path(each, x, y, f"s{index % 4}")
    ends = _apart([y(_last(each)) for each in series], TOP + 6, bottom)
    drawn += [
        label(right + 7, at + 4, name, f"name s{index % 4}")
        for index, (at, name) in enumerate(zip(ends, names, strict=True))
    ]
    return bottom + 44, drawn


def _x_scale(xs: Sequence[float], left: float, right: float) -> tuple[Scale, list[float]]:
    """The x axis ends at the last step, not at the next round number: a curve that stops short looks unfinished."""
    wide, ticks = linear(xs, left, right, ticks=4)
    low, high = min(xs), max(xs)
    if high <= low:
        return wide, [low]
    scale = Scale(low, high, left, right)
    return scale, [tick for tick in ticks if low <= tick <= high]


def _last(series: Series) -> float:
    return next(y for _, y in reversed(series.points) if y is not None and math.isfinite(y))


def _path(series: Series, x: Scale, y: Scale, kind: str) -> list[Markup]:
    """The line, broken at gaps; a point alone between gaps is a dot."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in _thinned(series.points):
        if value is not None and math.isfinite(value):
            runs[-1].append((x(at), y(value)))
        elif runs[-1]:
            runs.append([])
    path = "".join("M" + "L".join(f"{px(at)} {px(height)}" for at, height in run) for run in runs if len(run) > 1)
    dots = [
        element("circle", {"cx": px(run[0][0]), "cy": px(run[0][1]), "r": 3, "class": f"dot {kind}"})
        for run in runs
        if len(run) == 1
    ]
    return [*([element("path", {"d": path, "class": f"line {kind}"})] if path else []), *dots]


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Lowest and highest point of each stretch, so that a spike of one step stays in the picture."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(len(points) / (MOST_POINTS // 2))
    kept: list[Point] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        known = [point for point in stretch if _known(point[1])]
        if not known:
            kept.append(stretch[0])
            continue
        ends = {min(known, key=lambda p: p[1] or 0.0), max(known, key=lambda p: p[1] or 0.0)}
        kept += sorted(ends, key=lambda p: p[0])
    return kept


def _apart(heights: Sequence[float], top: float, bottom: float, gap: float = 15.0) -> list[float]:
    """Heights moved so that names `gap` px tall do not touch, each as near to its line as that allows."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = [0.0] * len(heights)
    floor = top
    for index in order:
        placed[index] = floor = max(heights[index], floor)
        floor += gap
    ceiling = bottom
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - gap
    return placed


def _twin(series: Sequence[Series], x_axis: str, y_axis: str) -> Markup:
    steps = sorted({x for each in series for x, _ in each.points})
    every = math.ceil(len(steps) / MOST_ROWS)
    shown = sorted({*steps[::every], steps[-1]})
    values = [dict(each.points) for each in series]
    digits = (
        4
        if max((abs(y) for each in values for y in each.values() if y is not None and _known(y)), default=1) < 1
        else 3
    )
    columns: list[Column | str] = [Column(x_axis, True), *(Column(each.name, True) for each in series)]
    rows: list[list[Node]] = [[f"{x:,.6g}", *(number(each.get(x), digits) for each in values)] for x in shown]
    skipped = f", every {every}th step" if every > 1 else ""
    return table(f"{y_axis}{skipped}", columns, rows, cards=len(series) > 1)
