"""Score against cost: what each step up the ladder buys, and the steps that no cheaper rung matches."""

from collections.abc import Sequence

from stepladder.pages.charts.canvas import (
    MEDIUM,
    NARROW,
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
    px,
    rect,
    text_width,
    tick_digits,
)
from stepladder.pages.charts.ladder import Rung, nothing, score_digits
from stepladder.pages.charts.placing import Box, Placed, place
from stepladder.pages.html import Column, Markup, Node, element, table
from stepladder.pages.numerals import finite, interval, money, number

CLOSE = 12.0  # px between dots that cost the same
GUTTER = 40.0  # px on the left for rungs that cost nothing: zero has no place on a log axis


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

    Rungs without a score or a cost are named under the chart; a cost of 0 has its own place left of the axis.
    """
    shown = [rung for rung in rungs if finite(rung.mean) is not None and finite(rung.cost) is not None]
    if not shown:
        return nothing(finding, "No rung has both a score and a cost. Give prices in the project file, under evaluate.")
    left_out = [rung.name for rung in rungs if rung not in shown]
    said = [note, f" Not drawn, without score or cost: {', '.join(left_out)}." if left_out else None]
    words = (axis, f"{cost_axis} in {currency}, log scale" if any(_cost(r) > 0 for r in shown) else cost_axis)
    return figure(
        lambda width: _draw(shown, chosen, currency, words, (width, height)),
        finding=finding,
        note=said if note or left_out else None,
        twin=_twin(rungs, axis, chosen, currency),
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


def _draw(
    rungs: Sequence[Rung], chosen: str | None, currency: str, words: tuple[str, str], size: tuple[int, int]
) -> Drawing:
    width, height = size
    bottom = height - 46
    values = [v for r in rungs for v in (r.mean, finite(r.low), finite(r.high)) if v is not None]
    y, y_ticks = linear(values, bottom, 26.0)
    digits = tick_digits(y_ticks)
    left = max(text_width(number(tick, digits), SMALL) for tick in y_ticks) + 10
    free = [rung for rung in rungs if _cost(rung) == 0]
    paid = len(free) < len(rungs)
    start = left + (GUTTER if free and paid else 0)
    x, x_ticks = logarithmic([_cost(rung) for rung in rungs], start, width - 10.0)
    ground = [rect(left, 26, width - 10 - left, bottom - 26, "ground")]
    for tick in y_ticks:
        ground += [
            line(left, y(tick), width - 10, y(tick), "grid"),
            _tick(left - 7, y(tick) + 4, number(tick, digits), "end"),
        ]
    names = [(x(tick), money(tick, currency)) for tick in x_ticks] if paid else []
    names = [*([((left + start) / 2 if paid else (left + width) / 2, money(0, currency))] if free else []), *names]
    for at, text in _spaced(names, width):
        ground += [line(at, 26, at, bottom, "grid"), _tick(at, bottom + 17, text, "middle")]
    under = fit(words[1], width - 8.0, SMALL, 1)[0]
    middle = min((left + width) / 2, width - text_width(under, SMALL) / 2)
    above = fit(f"{words[0]}, 95 % intervals", width - 8.0, SMALL, 1)[0]
    ground += [_tick(middle, bottom + 37, under, "middle"), label(0, 13, above, "tick")]
    spots = _spots(rungs, x, (left + start) / 2 if paid else (left + width) / 2)
    return height, [
        ground,
        _steps(rungs, spots, y, width - 10),
        _marks(rungs, spots, y, chosen, currency, (left, 26, width, bottom)),
    ]


def _tick(x: float, y: float, text: str, anchor: str) -> Markup:
    return label(x, y, text, "tick", "end" if anchor == "end" else "middle")


def _spaced(names: Sequence[tuple[float, str]], width: int) -> list[tuple[float, str]]:
    """Ticks whose words do not touch; the later of two that would is left out."""
    kept: list[tuple[float, str]] = []
    reach = -1e9
    for at, text in names:
        half = text_width(text, SMALL) / 2
        if at - half > reach + 6 and at + half <= width:
            kept.append((at, text))
            reach = at + half
    return kept


def _spots(rungs: Sequence[Rung], x: Scale, free: float) -> dict[str, float]:
    """The x of each rung's dot, moved apart where costs coincide so that no interval hides another."""
    wanted = sorted((x(_cost(rung)) if _cost(rung) > 0 else free, index) for index, rung in enumerate(rungs))
    groups: list[list[tuple[float, int]]] = []
    for spot in wanted:
        if groups and spot[0] - groups[-1][-1][0] < CLOSE * 0.6:
            groups[-1].append(spot)
        else:
            groups.append([spot])
    spots: dict[str, float] = {}
    for group in groups:
        centre, step = sum(at for at, _ in group) / len(group), min(CLOSE, (x.end - x.start) / len(rungs))
        first = min(max(centre - step * (len(group) - 1) / 2, step), x.end - step * (len(group) - 1))
        spots |= {rungs[index].name: first + step * place_ for place_, (_, index) in enumerate(group)}
    return spots


def _steps(rungs: Sequence[Rung], spots: dict[str, float], y: Scale, end: float) -> Markup:
    path = ""
    for rung in frontier(rungs):
        at, height = px(spots[rung.name]), px(y(_mean(rung)))
        path += f"H{at}V{height}" if path else f"M{at} {height}"
    return element("path", {"d": f"{path}H{px(end)}", "class": "steps"})


def _marks(
    rungs: Sequence[Rung],
    spots: dict[str, float],
    y: Scale,
    chosen: str | None,
    currency: str,
    plot: tuple[float, float, float, float],
) -> list[Markup]:
    """The rungs as items, cheapest first, each with its interval, dot and name."""
    digits = score_digits(rungs)
    order = sorted(rungs, key=lambda rung: spots[rung.name])
    dots = {rung.name: (spots[rung.name], y(_mean(rung))) for rung in order}
    bars = {
        r.name: (y(r.low), y(r.high))
        for r in order
        if finite(r.low) is not None and finite(r.high) is not None
        if r.low is not None and r.high is not None
    }
    sizes = {rung.name: (text_width(rung.name, SIZE if rung.name == chosen else SMALL), 14.0) for rung in order}
    named = place(dots, bars, sizes, Box(plot[0], plot[1], plot[2], plot[3]), first=chosen)
    drawn = []
    for index, rung in enumerate(order):
        at, height = dots[rung.name]
        shape = rung.shape(chosen)
        shapes = [rect(at - 12, height - 12, 24, 24, "hit")]
        if rung.name in bars:
            shapes.append(line(at, bars[rung.name][0], at, bars[rung.name][1], f"interval {shape}"))
        shapes += [mark(shape, at, height), *_name(rung.name, named.get(rung.name), rung.name == chosen, (at, height))]
        spoken = f"{rung.spoken(digits)}, {money(rung.cost, currency)} for 1,000 answers"
        drawn.append(item(spoken, index == 0, shapes, tip=True))
    return drawn


def _name(name: str, spot: Placed | None, strong: bool, dot: tuple[float, float]) -> list[Markup]:
    if spot is None:
        return []
    leader = [line(dot[0], dot[1], spot.leader[0], spot.leader[1], "leader")] if spot.leader else []
    return [*leader, label(spot.x, spot.y, name, "halo strong" if strong else "halo small", spot.anchor)]


def _twin(rungs: Sequence[Rung], axis: str, chosen: str | None, currency: str) -> Markup:
    digits = score_digits(rungs)
    columns = [
        "Rung",
        Column(f"Cost of 1,000 answers, {currency}", True),
        Column(axis, True),
        Column("95 % interval", True),
    ]
    rows: list[list[Node]] = [
        [r.name, money(r.cost, currency), number(r.mean, digits), interval(r.low, r.high, digits)] for r in rungs
    ]
    marked = [index for index, rung in enumerate(rungs) if rung.name == chosen]
    return table("Cost and score", columns, rows, marked=marked)
