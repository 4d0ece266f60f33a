"""The ladder chart: one line a rung, the cheapest at the bottom, dot and interval, the band of what is near enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepladder.pages.charts.canvas import Shape, figure, nothing
from stepladder.pages.charts.rows import Frame, Row, draw_rows
from stepladder.pages.html import Column, Markup, Node, table
from stepladder.pages.numerals import count, digits_for, finite, interval, number


@dataclass(frozen=True)
class Rung:
    """A rung with its score: what the ladder and the cost chart draw.

    `status` is the verdict's word for it (`enough`, `worse`, `undecided`, `best`); `cost` is that of 1,000 answers.
    """

    name: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    status: str = ""
    failed: int = 0
    cost: float | None = None

    def known(self) -> "Rung":
        """The same with NaN and infinity as None, which is what the drawing code asks for."""
        return replace(
            self, mean=finite(self.mean), low=finite(self.low), high=finite(self.high), cost=finite(self.cost)
        )

    def shape(self, chosen: str | None) -> Shape:
        """Filled circle for the chosen rung, triangle down where worse is shown, cross without a score, else hollow."""
        if self.mean is None:
            return "failed"
        if self.name == chosen:
            return "chosen"
        return "worse" if self.status == "worse" else "other"

    def spoken(self, digits: int) -> str:
        """`rag: 0.58, 95 percent interval 0.48 to 0.67, n 100, enough`."""
        if self.mean is None:
            return f"{self.name}: no score, {count(self.failed)} failed"
        between = interval(self.low, self.high, digits)
        known = f"95 percent interval {between}" if self.low is not None else "no interval"
        tail = f", {self.failed} failed" if self.failed else ""
        return f"{self.name}: {number(self.mean, digits)}, {known}, n {count(self.n)}{tail}" + (
            f", {self.status}" if self.status else ""
        )


def score_digits(rungs: Sequence[Rung]) -> int:
    """Decimals that the intervals of these rungs deserve, the same for all of them."""
    return digits_for([rung.high - rung.low for rung in rungs if rung.high is not None and rung.low is not None])


def interval_ladder(
    rungs: Sequence[Rung],
    *,
    finding: str,
    axis: str,
    chosen: str | None = None,
    margin: float | None = None,
    around: str | None = None,
    line: tuple[float, str] | None = (0.0, "zero"),
    note: Node = None,
) -> Markup:
    """The ladder. `rungs` come from the lowest (drawn at the bottom) to the highest.

    `finding` is the sentence above it, `axis` names the score. The band is `margin` (the smallest difference that
    matters) to both sides of `around`, which is the chosen rung unless said otherwise. `line` is zero or chance.
    """
    if not rungs:
        return nothing(finding, "No rung has been scored yet.")
    shown = [rung.known() for rung in reversed(rungs)]
    digits = score_digits(shown)
    rows = [_row(rung, chosen, digits) for rung in shown]
    frame = Frame(_axis(axis, shown), _band(shown, around or chosen, margin, digits), [line] if line else [])
    return figure(
        lambda width: draw_rows(rows, frame, width),
        finding=finding,
        note=note,
        twin=_twin(shown, digits, chosen, axis),
        marks_are_items=True,
    )


def _row(rung: Rung, chosen: str | None, digits: int) -> Row:
    known = rung.mean is not None
    return Row(
        name=rung.name,
        at=rung.mean,
        low=rung.low,
        high=rung.high,
        shape=rung.shape(chosen),
        value=number(rung.mean, digits) if known else "no score",
        between=interval(rung.low, rung.high, digits) if known and rung.low is not None else "",
        status=[word for word in (rung.status, f"{rung.failed:,} failed" if rung.failed else "") if word],
        tone=rung.shape(chosen),
        spoken=rung.spoken(digits),
    )


def _axis(axis: str, rungs: Sequence[Rung]) -> str:
    sizes = sorted({rung.n for rung in rungs if rung.mean is not None})
    n = "" if not sizes else f", n {sizes[0]:,}" if len(sizes) == 1 else f", n {sizes[0]:,} to {sizes[-1]:,}"
    return f"{axis}, 95 % intervals{n}"


def _band(
    rungs: Sequence[Rung], around: str | None, margin: float | None, digits: int
) -> tuple[float, float, str] | None:
    centre = next((rung.mean for rung in rungs if rung.name == around), None)
    wide = finite(margin)
    if centre is None or not wide:
        return None
    name = around if around and len(around) < 24 else "the chosen rung"
    return centre - wide, centre + wide, f"within {number(wide, max(2, digits))} of {name}"


def _twin(rungs: Sequence[Rung], digits: int, chosen: str | None, axis: str) -> Markup:
    columns: list[Column | str] = [
        "Rung",
        Column(axis, True),
        Column("95 % interval", True),
        Column("n", True),
        Column("failed", True),
        "Verdict",
    ]
    rows: list[list[Node]] = [
        [
            rung.name,
            number(rung.mean, digits),
            interval(rung.low, rung.high, digits),
            count(rung.n),
            count(rung.failed),
            rung.status or "–",
        ]
        for rung in rungs
    ]
    marked = [index for index, rung in enumerate(rungs) if rung.name == chosen]
    return table("Scores, in the order of the chart", columns, rows, marked=marked)
