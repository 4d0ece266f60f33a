"""A histogram strip: how scores or lengths are spread, with named marks such as a limit or the median."""

import math
from collections.abc import Sequence

from stepladder.pages.charts.canvas import (
    NARROW,
    SMALL,
    Drawing,
    figure,
    fit,
    label,
    line,
    linear,
    nothing,
    over,
    rect,
    text_width,
)
from stepladder.pages.html import Column, Markup, Node, table
from stepladder.pages.numerals import count, number, ticks_text

HEIGHT = 84.0  # px of the tallest bar


def histogram(
    values: Sequence[float | None],
    *,
    finding: str,
    axis: str,
    marks: Sequence[tuple[float, str]] = (),
    bins: int = 24,
    note: Node = None,
) -> Markup:
    """Bars of equal width from tick to tick; `marks` are named vertical lines. Missing values are counted."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return nothing(finding, "There are no values to show.")
    missing = len(values) - len(known)
    said = [note, f" {missing:,} without a value." if missing else None]
    edges, counts = _bins([*known], [at for at, _ in marks], bins)
    digits = _digits(edges)
    columns: list[Column | str] = ["From", Column("to under", True), Column("count", True)]
    rows: list[list[Node]] = [
        [number(low, digits), number(high, digits), count(n)]
        for low, high, n in zip(edges, edges[1:], counts, strict=False)
    ]
    return figure(
        lambda width: _draw(edges, counts, marks, f"{axis}, n {len(known):,}", width),
        finding=finding,
        note=said if note or missing else None,
        twin=table(f"Counts by {axis}", columns, rows, cards=False),
    )


def _bins(values: list[float], marks: list[float], bins: int) -> tuple[list[float], list[int]]:
    """Edges from the first to the last tick, and how many values each bin holds (the last one holds its upper edge)."""
    scale, ticks = linear([*values, *marks], 0.0, 1.0)
    per_tick = max(1, round(bins / (len(ticks) - 1)))
    total = per_tick * (len(ticks) - 1)
    edges = [scale.low + (scale.high - scale.low) * index / total for index in range(total + 1)]
    counts = [0] * total
    for value in values:
        counts[min(total - 1, max(0, int(scale(value) * total + 1e-9)))] += 1
    return edges, counts


def _digits(edges: Sequence[float]) -> int:
    step = edges[1] - edges[0]
    return max(0, min(6, 1 - math.floor(math.log10(step)))) if step < 1 or step % 1 else 0


def _draw(
    edges: Sequence[float], counts: Sequence[int], marks: Sequence[tuple[float, str]], axis: str, width: int
) -> Drawing:
    scale, ticks = linear([edges[0], edges[-1]], 7.0, width - 7.0, ticks=5 if width > NARROW else 4)
    names = over(marks, scale, width)
    top = 24.0 + 16 * max((level for *_, level in names), default=0)
    floor, most = top + HEIGHT, max(counts)
    step = scale(edges[1]) - scale(edges[0])
    drawn = []
    for low, n in zip(edges, counts, strict=False):
        tall = max(2.0, HEIGHT * n / most) if n else 0.0
        if n:
            drawn.append(rect(scale(low) + 0.5, floor - tall, max(1.0, step - 1), tall, "bar"))
    drawn.append(line(7, floor, width - 7, floor, "base"))
    for tick, text in zip(ticks, ticks_text(ticks), strict=True):
        half = text_width(text, SMALL) / 2
        drawn.append(line(scale(tick), floor, scale(tick), floor + 4, "base"))
        drawn.append(label(min(max(scale(tick), half), width - half), floor + 18, text, "tick", "middle"))
    drawn.append(label(width / 2, floor + 37, fit(axis, width - 8, SMALL, 1)[0], "tick", "middle"))
    peak = counts.index(most)
    if not marks:
        text = f"most: {most:,}"
        half = text_width(text, SMALL) / 2
        at = scale(edges[peak]) + step / 2
        drawn.append(label(min(max(at, half), width - half), top - 5, text, "tick", "middle"))
    drawn += [line(scale(at), top - 6, scale(at), floor, "reference over") for at, _ in marks]
    drawn += [label(x, 12 + 16 * level, text, "tick", "middle") for x, text, level in names]
    return floor + 44, drawn
