"""Counts by reason: horizontal bars from zero, the name and the number beside each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stepladder.pages.charts.canvas import (
    NARROW,
    SMALL,
    Drawing,
    figure,
    fit,
    label,
    line,
    nothing,
    rect,
    text_width,
)
from stepladder.pages.html import Column, Markup, Node, table
from stepladder.pages.numerals import count

Tone = Literal["plain", "chosen", "better", "worse"]


@dataclass(frozen=True)
class Bar:
    """One count; `note` is a word or two after the number (the action taken), `tone` its colour."""

    name: str
    count: int
    note: str = ""
    tone: Tone = "plain"


def bars(items: Sequence[Bar], *, finding: str, axis: str = "rows", note: Node = None) -> Markup:
    """Bars from top to bottom as given (sort them by count unless the order means something)."""
    if not items:
        return nothing(finding, "Nothing was counted.")
    columns: list[Column | str] = ["Name", Column(axis, True), "Note"]
    rows: list[list[Node]] = [[item.name, count(item.count), item.note or "–"] for item in items]
    return figure(
        lambda width: _draw(items, axis, width),
        finding=finding,
        note=note,
        twin=table(f"Counts, {axis}", columns, rows),
    )


def _draw(items: Sequence[Bar], axis: str, width: int) -> Drawing:
    stacked = width <= NARROW
    names = [fit(item.name, width if stacked else width * 0.32, lines=1)[0] for item in items]
    tails = [f"{count(item.count)} {item.note}".rstrip() for item in items]
    left = 1.0 if stacked else max(map(text_width, names)) + 12
    room = width - left - max(text_width(tail, SMALL) for tail in tails) - 10
    step, offset = (40.0, 22.0) if stacked else (26.0, 4.0)
    most = max(1, *(item.count for item in items))
    drawn = []
    for index, (item, name, tail) in enumerate(zip(items, names, tails, strict=True)):
        top = index * step + 2
        long = max(2.0 if item.count else 0.0, max(20.0, room) * max(0, item.count) / most)
        drawn.append(line(left, top + offset - 6, left, top + offset + 20, "base"))
        drawn.append(rect(left, top + offset, long, 14, f"bar {item.tone}"))
        baseline = top + (15 if stacked else offset + 11.5)
        drawn.append(label(0, baseline, name))
        drawn.append(label(left + long + 7, top + offset + 11.5, tail, "tick"))
    height = step * len(items) + 4
    return height, drawn
