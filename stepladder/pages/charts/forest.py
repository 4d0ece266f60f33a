"""The forest plot: one line a slice with its interval, so that a gain that comes from one corner is seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepladder.pages.charts.canvas import Shape, figure, nothing
from stepladder.pages.charts.rows import Frame, Row, draw_rows
from stepladder.pages.html import Column, Markup, Node, table
from stepladder.pages.numerals import count, digits_for, finite, interval, number, signed

FEW = 10  # under this many rows a slice is drawn pale and says so


@dataclass(frozen=True)
class Slice:
    """A slice of the held-out rows with its difference (or score) and interval."""

    name: str
    mean: float | None
    low: float | None
    high: float | None
    n: int


def forest(
    slices: Sequence[Slice],
    *,
    finding: str,
    axis: str,
    better: tuple[str, str] | None = None,
    line: tuple[float, str] | None = (0.0, "no difference"),
    note: Node = None,
) -> Markup:
    """Slices from top to bottom as given.

    With `better=("rag", "sft")` the values are differences: the sides are named, a triangle marks an interval that
    leaves zero. Without it they are scores. Slices with n under 10 are pale: they suggest, they do not show.
    """
    if not slices:
        return nothing(finding, "The rows carry no slices, so there is nothing to break down.")
    slices = [replace(s, mean=finite(s.mean), low=finite(s.low), high=finite(s.high)) for s in slices]
    digits = digits_for([s.high - s.low for s in slices if s.high is not None and s.low is not None])
    rows = [_row(part, digits, difference=better is not None) for part in slices]
    sides = (f"← {better[0]} better", f"{better[1]} better →") if better else None
    frame = Frame(f"{axis}, 95 % intervals", None, [line] if line else [], sides)
    return figure(
        lambda width: draw_rows(rows, frame, width),
        finding=finding,
        note=note,
        twin=_twin(slices, digits, axis, difference=better is not None),
        marks_are_items=True,
    )


def _row(part: Slice, digits: int, *, difference: bool) -> Row:
    few = part.n < FEW
    at, low, high = part.mean, part.low, part.high
    between = interval(low, high, digits)
    value = "no score" if at is None else signed(at, digits) if difference else number(at, digits)
    size = f"n {count(part.n)}" + (", too few" if few else "")
    known = f"95 percent interval {between}" if low is not None else "no interval"
    return Row(
        name=part.name,
        at=at,
        low=low,
        high=high,
        shape=_shape(at, low, high, difference=difference and not few),
        value=value,
        between=between if at is not None and low is not None else "",
        status=[size],
        spoken=f"{part.name}: {value}, {known}, {size}",
        faint=few,
    )


def _shape(at: float | None, low: float | None, high: float | None, *, difference: bool) -> Shape:
    if at is None:
        return "failed"
    if difference and low is not None and low > 0:
        return "better"
    return "worse" if difference and high is not None and high < 0 else "other"


def _twin(slices: Sequence[Slice], digits: int, axis: str, *, difference: bool) -> Markup:
    columns: list[Column | str] = ["Slice", Column(axis, True), Column("95 % interval", True), Column("n", True)]
    rows: list[list[Node]] = [
        [
            s.name,
            signed(s.mean, digits) if difference else number(s.mean, digits),
            interval(s.low, s.high, digits),
            count(s.n),
        ]
        for s in slices
    ]
    return table("By slice, in the order of the chart", columns, rows)
