"""Score against cost: what each step up the ladder buys, and the steps that no cheaper rung matches."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from stepladder.pages.charts.canvas import (
    SIZE,
    SMALL,
    Drawing,
    Scale,
    figure,
    fit,
    item,
    label,
    line,
    linear,
    logarithmic,
    mark,
    nothing,
    px,
    rect,
    text_width,
    unspoken,
)
from stepladder.pages.charts.ladder import Rung, score_digits
from stepladder.pages.charts.placing import Box, Placed, place
from stepladder.pages.html import Column, Markup, Node, element, table
from stepladder.pages.numerals import interval, money, number, ticks_text

CLOSE = 14.0  # px between dots that cost the same
GUTTER = 44.0  # px on the left for rungs that cost nothing: zero has no place on a log axis
TOP, UNDER = 26.0, 46.0  # px over and under the plot


def cost_quality(
    rungs: Sequence[Rung],
    *,
    finding: str,
    axis: str,
    chosen: str | None = None,
    currency: str = "$",
    cost_axis: str = "cost of 1,000 answers",
    height: int = 330,
    note: Node = None,
) -> Markup:
    """Cost on a log axis, score with its interval upwards, and a step line through the rungs on the frontier.

    Rungs without a score or a cost are named under the finding; a cost of 0 has its own place left of the axis; where
    all costs are the same the rungs stand side by side and the axis says so.
    """
    rungs = [rung.known() for rung in rungs]
    shown = [rung for rung in rungs if rung.mean is not None and rung.cost is not None]
    if not shown:
        return nothing(finding, "No rung has both a score and a cost. Give prices in the project file, under evaluate.")
    left_out = [rung.name for rung in rungs if rung not in shown]
    said = [note, f" Not drawn, without score or cost: {', '.join(left_out)}." if left_out else None]
    return figure(
        lambda width: _Chart(shown, chosen, currency, axis, cost_axis, width, height).draw(),
        finding=finding,
        note=said if note or left_out else None,
        twin=_twin(rungs, axis, chosen, currency, cost_axis),
        marks_are_items=True,
    )


def frontier(rungs: Sequence[Rung]) -> list[Rung]:
    """The rungs that score higher than every cheaper one, from cheap to dear."""
    best: list[Rung] = []
    for rung in sorted(rungs, key=lambda r: (_cost(r), -_mean(r))):
        if not best or _mean(rung) > _mean(best[-1]):
            best.append(rung)
    return best


def _cost(rung: Rung) -> float:
    return max(0.0, rung.cost or 0.0)


def _mean(rung: Rung) -> float:
    return rung.mean or 0.0


@dataclass(frozen=True)
class _Chart:
    """One drawing; the rungs all have a score and a cost."""

    rungs: Sequence[Rung]
    chosen: str | None
    currency: str
    axis: str
    cost_axis: str
    width: int
    height: int

    def draw(self) -> Drawing:
        """Axes, then the frontier, then the rungs over it."""
        bottom, end = self.height - UNDER, self.width - 10.0
        y, y_ticks = linear([v for r in self.rungs for v in (r.mean, r.low, r.high) if v is not None], bottom, TOP)
        names = ticks_text(y_ticks)
        left = max(text_width(name, SMALL) for name in names) + 10
        plot = Box(left, TOP, end, bottom)
        across = [
            [line(left, y(tick), end, y(tick), "grid"), label(left - 7, y(tick) + 4, name, "tick", "end")]
            for tick, name in zip(y_ticks, names, strict=True)
        ]
        spots, upright = self._across(plot)
        title = label(0, 13, fit(f"{self.axis}, 95 % intervals", self.width - 8.0, SMALL, 1)[0], "tick")
        behind = unspoken(across, upright, title, self._frontier(spots, y, plot))
        return self.height, [behind, self._rungs(spots, y, plot)]

    def _across(self, plot: Box) -> tuple[dict[str, float], list[Markup]]:
        """The x of each rung, and the cost axis; without two different costs there is nothing to scale."""
        costs = {_cost(rung) for rung in self.rungs}
        if len(costs) == 1:
            step = (plot.right - plot.left) / len(self.rungs)
            spots = {rung.name: plot.left + step * (index + 0.5) for index, rung in enumerate(self.rungs)}
            return spots, [self._under(f"all the same {self.cost_axis}: {money(costs.pop(), self.currency)}", plot)]
        start = plot.left + (GUTTER if 0.0 in costs else 0)
        free = plot.left + GUTTER / 2
        x, ticks = logarithmic([*costs], start, plot.right)
        marks = [*([(free, 0.0)] if 0.0 in costs else []), *((x(tick), tick) for tick in ticks)]
        drawn, reach = [self._under(", ".join(filter(None, (self.cost_axis, self.currency, "log scale"))), plot)], -1e9
        for at, tick in marks:
            name = money(tick, self.currency)
            half = text_width(name, SMALL) / 2
            drawn.append(line(at, plot.top, at, plot.bottom, "grid"))
            if at - half > reach + 6 and at + half <= self.width:
                drawn.append(label(at, plot.bottom + 17, name, "tick", "middle"))
                reach = at + half
        return _moved_apart(self.rungs, x, free, plot), drawn

    def _under(self, text: str, plot: Box) -> Markup:
        words = fit(text, self.width - 8.0, SMALL, 1)[0]
        middle = min((plot.left + plot.right) / 2, self.width - text_width(words, SMALL) / 2)
        return label(middle, plot.bottom + 37, words, "tick", "middle")

    def _frontier(self, spots: dict[str, float], y: Scale, plot: Box) -> list[Markup]:
        path = ""
        for rung in frontier(self.rungs):
            at, height = px(spots[rung.name]), px(y(_mean(rung)))
            path += f"H{at}V{height}" if path else f"M{at} {height}"
        same = len({_cost(rung) for rung in self.rungs}) == 1
        return [] if same else [element("path", {"d": f"{path}H{px(plot.right)}", "class": "steps"})]

    def _rungs(self, spots: dict[str, float], y: Scale, plot: Box) -> list[Markup]:
        """The rungs as items, cheapest first, each with its interval, dot and name."""
        digits = score_digits(self.rungs)
        order = sorted(self.rungs, key=lambda rung: spots[rung.name])
        dots = {rung.name: (spots[rung.name], y(_mean(rung))) for rung in order}
        bars = {r.name: (y(r.low), y(r.high)) for r in order if r.low is not None and r.high is not None}
        names = {r.name: fit(r.name, max(90.0, self.width * 0.3), SMALL, 1)[0] for r in order}
        sizes = {rung.name: (text_width(names[rung.name], self._size(rung)), 14.0) for rung in order}
        steps = [dots[rung.name] for rung in frontier(self.rungs)]
        treads = [Box(a[0], a[1] - 1, b[0], a[1] + 1) for a, b in pairwise([*steps, (plot.right, 0.0)])]
        labels = place(dots, bars, sizes, plot, lines=treads, first=self.chosen)
        drawn = []
        for index, rung in enumerate(order):
            at, height = dots[rung.name]
            shape = rung.shape(self.chosen)
            shapes = [rect(at - 12, height - 12, 24, 24, "hit")]
            if rung.name in bars:
                shapes.append(line(at, bars[rung.name][0], at, bars[rung.name][1], f"interval {shape}"))
            shapes.append(mark(shape, at, height))
            shapes += _name(names[rung.name], labels.get(rung.name), rung.name == self.chosen)
            spoken = f"{rung.spoken(digits)}, {self.cost_axis} {money(rung.cost, self.currency)}"
            drawn.append(item(spoken, index == 0, shapes, tip=True))
        return drawn

    def _size(self, rung: Rung) -> float:
        return SIZE * 1.08 if rung.name == self.chosen else SMALL


def _moved_apart(rungs: Sequence[Rung], x: Scale, free: float, plot: Box) -> dict[str, float]:
    """The x of each rung's dot, moved apart where costs coincide so that no interval hides another."""
    wanted = sorted((x(_cost(rung)) if _cost(rung) > 0 else free, index) for index, rung in enumerate(rungs))
    groups: list[list[tuple[float, int]]] = []
    for spot in wanted:
        if groups and spot[0] - groups[-1][-1][0] < CLOSE * 0.6:
            groups[-1].append(spot)
        else:
            groups.append([spot])
    step = min(CLOSE, (plot.right - plot.left) / (len(rungs) + 1))
    spots: dict[str, float] = {}
    for group in groups:
        span = step * (len(group) - 1)
        first = sum(at for at, _ in group) / len(group) - span / 2
        first = max(plot.left + 6, min(first, plot.right - 6 - span))
        spots |= {rungs[index].name: first + step * position for position, (_, index) in enumerate(group)}
    return spots


def _name(name: str, spot: Placed | None, strong: bool) -> list[Markup]:
    if spot is None:
        return []
    leader = [line(*spot.leader[0], *spot.leader[1], "leader")] if spot.leader else []
    return [*leader, label(spot.x, spot.y, name, "halo strong" if strong else "halo small", spot.anchor)]


def _twin(rungs: Sequence[Rung], axis: str, chosen: str | None, currency: str, cost_axis: str) -> Markup:
    digits = score_digits(rungs)
    columns: list[Column | str] = [
        "Rung",
        Column(", ".join(filter(None, (cost_axis.capitalize(), currency))), True),
        Column(axis, True),
        Column("95 % interval", True),
    ]
    rows: list[list[Node]] = [
        [r.name, money(r.cost, currency), number(r.mean, digits), interval(r.low, r.high, digits)] for r in rungs
    ]
    marked = [index for index, rung in enumerate(rungs) if rung.name == chosen]
    return table("Cost and score", columns, rows, marked=marked)
