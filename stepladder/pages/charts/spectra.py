"""Spectra under each other: for every named row its falling values as small bars, all to one scale."""

from collections.abc import Sequence

from stepladder.pages.charts.canvas import SMALL, Drawing, figure, fit, label, line, nothing, rect, text_width
from stepladder.pages.html import Column, Markup, Node, table
from stepladder.pages.numerals import number

_MOST = 32  # bars of a row: what still can be told apart on the narrowest screen
_TALL = 30.0  # px of a row


def spectra(
    rows: Sequence[tuple[str, Sequence[float], str]], *, finding: str, digits: int = 3, note: Node = None
) -> Markup:
    """`rows` are (name, values from the largest to the smallest, words behind them); the first 32 values are drawn."""
    shown = [(name, list(values[:_MOST]), words) for name, values, words in rows]
    if not any(values for _, values, _ in shown):
        return nothing(finding, "There is nothing to show.")
    most = max(len(values) for _, values, _ in shown)
    heads: list[Column | str] = ["Layer", *(Column(str(at + 1), True) for at in range(most))]
    body: list[list[Node]] = [
        [name, *(number(value, digits) for value in values), *[""] * (most - len(values))] for name, values, _ in shown
    ]
    return figure(
        lambda width: _draw(shown, most, width),
        finding=finding,
        note=note,
        twin=table("Values from the largest", heads, body, cards=False),
    )


def _draw(rows: Sequence[tuple[str, Sequence[float], str]], most: int, width: int) -> Drawing:
    names = [fit(name, width * 0.25, SMALL, 1)[0] for name, _, _ in rows]
    left = max(text_width(name, SMALL) for name in names) + 10
    room = max(text_width(words, SMALL) for _, _, words in rows) + 12
    across = min(24.0, (width - left - room) / most)
    largest = max(value for _, values, _ in rows for value in values) or 1.0
    drawn: list[Node] = []
    for at, (name, (_, values, words)) in enumerate(zip(names, rows, strict=True)):
        bottom = _TALL * (at + 1) - 3
        drawn.append(label(0, bottom - 4, name, "tick"))
        for number_, value in enumerate(values):
            high = max(0.5, (_TALL - 8) * value / largest)
            drawn.append(rect(left + across * number_, bottom - high, across * 0.82, high, "bar chosen"))
        drawn.append(line(left, bottom, left + across * most, bottom, "rung"))
        drawn.append(label(left + across * most + 10, bottom - 4, words, "tick"))
    return _TALL * len(rows) + 4, drawn
