"""The verdict: the cheapest rung shown not to be worse than any other by the margin, or an honest "cannot tell"."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, fsum, inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .stats.intervals import effective_rows, mean_error
from .stats.multiple import PairResult, all_pairs, holm
from .stats.paired import not_worse
from .stats.power import rows_needed

FEWEST_ROWS = 30
"""Below this many independent rows no method keeps its error rate (evaluation.md 2.4), so there is no verdict."""

Label = Literal["enough", "worse", "undecided", "best"]


@dataclass(frozen=True)
class RungResult:
    """One rung; `mean` is in the metric's unit.

    `p` is the largest non-inferiority p against any other rung (None for a rung alone), `p_holm` the same after Holm
    (None for the costliest, which is no candidate), `rows_needed` the rows in all that would settle it, where more
    rows would; `text` says the label in words.
    """

    name: str
    mean: float
    label: Label
    p: float | None
    p_holm: float | None
    rows_needed: int | None
    text: str


@dataclass(frozen=True)
class Verdict:
    """The rung that is enough (None: none is shown to be), a sentence for a reader in a hurry, the rule in words."""

    rung: str | None
    sentence: str
    rule: str


@dataclass(frozen=True)
class Ladder:
    """All that `decide` found: rungs in the order given, every pair (a before b), the verdict."""

    rungs: tuple[RungResult, ...]
    pairs: tuple[PairResult, ...]
    verdict: Verdict


def decide(
    names: Sequence[str],
    scores: ArrayLike,
    *,
    margin: float,
    binary: bool,
    rng: np.random.Generator,
    alpha: float = 0.05,
    clusters: Sequence[object] | None = None,
    higher_is_better: bool = True,
    flips: int = 10_000,
) -> Ladder:
    """Compare rungs on one held-out set and say which is enough.

    `names` from cheap to costly; `scores[rung, row]` in the metric's unit, errors scored already; `margin` > 0 in that
    unit (below 1 when binary); `clusters` one label a row. For every rung, p is the largest one-sided non-inferiority
    p against any other (intersection-union, Berger 1982: the best need not be picked from the same rows); Holm runs
    over all but the costliest; the cheapest at or below `alpha` is the verdict. Row order changes nothing, rung order
    no pair. Raises ValueError on names, scores, margin, alpha or clusters that do not fit.
    """
    table = _checked(names, scores, margin, alpha, binary)
    if clusters is not None and len(clusters) != table.shape[1]:
        raise ValueError(f"{len(clusters)} cluster labels for {table.shape[1]} rows")
    labels = [""] * table.shape[1] if clusters is None else [repr(label) for label in clusters]
    order = sorted(range(table.shape[1]), key=lambda row: (*table[:, row], labels[row]))
    grouped = None if clusters is None else [labels[row] for row in order]
    sign = 1 if higher_is_better else -1
    setting = _Setting(names, sign * table[:, order], sign, margin, alpha, binary, grouped)
    pairs = all_pairs(
        names, table[:, order], binary=binary, rng=rng, clusters=grouped, higher_is_better=higher_is_better, flips=flips
    )
    return _judge(setting, pairs)


def _checked(names: Sequence[str], scores: ArrayLike, margin: float, alpha: float, binary: bool) -> NDArray[np.float64]:
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != len(names) or not table.size:
        raise ValueError(f"scores have shape {table.shape}, expected ({len(names)} rungs, rows)")
    if len(set(names)) != len(names):
        raise ValueError(f"a rung is named twice: {list(names)}")
    if not np.isfinite(table).all() or (binary and not np.isin(table, (0, 1)).all()):
        raise ValueError("a score is not 0 or 1" if binary else "a score is not a finite number")
    if not 0 < margin < (1 if binary else inf) or not 0 < alpha < 0.5:
        raise ValueError(f"margin {margin} or alpha {alpha} is out of range")
    return table


@dataclass(frozen=True)
class _Setting:
    """What the rule needs; `good[rung, row]` is the score times `sign`, so that higher is better."""

    names: Sequence[str]
    good: NDArray[np.float64]
    sign: int
    margin: float
    alpha: float
    binary: bool
    clusters: Sequence[object] | None

    @property
    def n(self) -> int:
        return int(self.good.shape[1])

    @property
    def units(self) -> int:
        """Independent rows: clusters where there are any."""
        return self.n if self.clusters is None else len(set(self.clusters))

    def not_worse(self, i: int, j: int) -> float:
        return not_worse(self.good[i] - self.good[j], self.margin, binary=self.binary, clusters=self.clusters)[1]

    def mean(self, i: int) -> float:
        return self.sign * fsum(self.good[i]) / self.n

    def amount(self, value: float, unit: str = "points") -> str:
        """A score or a difference for a reader: shares in percent, others to three figures."""
        if self.binary:
            return f"{100 * value:.1f} {unit}".rstrip()
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _judge(s: _Setting, pairs: tuple[PairResult, ...]) -> Ladder:
    everyone = range(len(s.names))
    against = [{j: s.not_worse(i, j) for j in everyone if j != i} for i in everyone]
    rivals = [max(row, key=lambda j: row[j], default=i) for i, row in enumerate(against)]
    p_values = [max(row.values(), default=None) for row in against]
    adjusted = holm([p for p in p_values[:-1] if p is not None])
    passed = [i for i, p in enumerate(adjusted) if p <= s.alpha and s.units >= FEWEST_ROWS]
    best = max(everyone, key=lambda i: (s.sign * s.mean(i), i))
    rungs = []
    for i, name in enumerate(s.names):
        winner = _beaten(s, name, pairs) if s.units >= FEWEST_ROWS else None
        label: Label = "enough" if i in passed else "best" if i == best else "worse" if winner else "undecided"
        open_question = label == "undecided" or (label == "best" and i < len(s.names) - 1)
        rows = _rows(s, i, rivals[i]) if open_question else None
        p_holm = adjusted[i] if i < len(adjusted) else None
        rungs.append(RungResult(name, s.mean(i), label, p_values[i], p_holm, rows, _text(s, label, rows, winner)))
    rung = s.names[passed[0]] if passed else None
    return Ladder(tuple(rungs), pairs, Verdict(rung, _sentence(s, rungs, pairs, rivals, best), _rule(s)))


def _beaten(s: _Setting, name: str, pairs: Sequence[PairResult]) -> tuple[str, float] | None:
    """The rung that is surely better than `name`, with the lower limit of its lead; the widest lead of several."""
    leads = [
        (pair.a if pair.b == name else pair.b, pair.low if (pair.b == name) == (s.sign > 0) else -pair.high)
        for pair in pairs
        if name in (pair.a, pair.b) and pair.p_holm <= s.alpha
    ]
    return max((lead for lead in leads if lead[1] > 0), key=lambda lead: lead[1], default=None)


def _rows(s: _Setting, i: int, rival: int) -> int | None:
    """Rows in all that would show rung i not worse than its rival if the two are equal (evaluation.md 2.9).

    Where so many are there already: at Holm's strictest level, then for the gap as seen; None if it fills the margin.
    A binary difference has at least the variance margin * (1 - margin) at the margin, however few rows differ.
    """
    d = s.good[i] - s.good[rival]
    if s.binary:
        variance = max(float(d.var()) * s.n / max(s.n - 1, 1), s.margin * (1 - s.margin))
        sd = sqrt(variance * s.n / effective_rows(d, s.clusters))
    else:
        sd = mean_error(d, s.clusters)[1] * sqrt(s.n)
    least = ceil(FEWEST_ROWS * s.n / s.units) if s.units < FEWEST_ROWS else s.n + 1
    strict = s.alpha / max(len(s.names) - 1, 1)
    for alpha, room in ((s.alpha, s.margin), (strict, s.margin), (strict, s.margin + min(float(d.mean()), 0.0))):
        if room > 0 and (rows := rows_needed(sd, room, alpha=alpha)) >= least:
            return rows
    return least if s.units < FEWEST_ROWS else None


def _text(s: _Setting, label: Label, rows: int | None, winner: tuple[str, float] | None) -> str:
    if label == "enough":
        return f"not worse than any other rung by the margin of {s.amount(s.margin)}"
    if label == "best":
        return "the highest mean" if s.sign > 0 else "the lowest mean, and lower is better"
    if winner:
        return f"{winner[0]} is better" + (" by more than the margin" if winner[1] > s.margin else "")
    return f"undecided at n = {s.n}" + (f"; about {rows:,} rows would settle it" if rows else "")


def _sentence(
    s: _Setting, rungs: Sequence[RungResult], pairs: Sequence[PairResult], rivals: Sequence[int], best: int
) -> str:
    if len(rungs) == 1:
        return "Only one rung was run, so there is nothing to compare."
    if s.units < FEWEST_ROWS:
        few = f"{s.n} rows are" if s.clusters is None else f"{s.n} rows in {s.units} independent groups are"
        return f"Figures, no verdict: {few} too few (a verdict needs {FEWEST_ROWS})."
    cheaper = rungs[:-1]
    chosen = next((i for i, rung in enumerate(cheaper) if rung.label == "enough"), None)
    if chosen is not None:
        others = [i for i in range(len(rungs)) if i != chosen]
        rival = best if best != chosen else max(others, key=lambda i: s.sign * rungs[i].mean)
        role = "the best rung" if best != chosen else "the next best"
        return f"{rungs[chosen].name} is enough: {_facts(s, rungs[chosen], rungs[rival], role, pairs)}."
    near = min(range(len(cheaper)), key=lambda i: (cheaper[i].label == "worse", cheaper[i].p))
    rival = rivals[near]
    facts = _facts(s, rungs[near], rungs[rival], "the best rung" if rival == best else "its hardest rival", pairs)
    if cheaper[near].label == "worse":
        return f"No cheaper rung is enough: each is worse than another rung. The nearest, {rungs[near].name}: {facts}."
    rows = cheaper[near].rows_needed
    more = f"About {rows - s.n:,} more rows would, if the two are truly equal." if rows else "More rows may not help."
    return (
        f"Cannot tell at {s.n} rows whether a cheaper rung is enough. The nearest, {rungs[near].name}: {facts}. {more}"
    )


def _facts(s: _Setting, one: RungResult, two: RungResult, role: str, pairs: Sequence[PairResult]) -> str:
    """Both means, the difference one - two with its interval, the rows and the margin."""
    pair = next(pair for pair in pairs if {pair.a, pair.b} == {one.name, two.name})
    ends = (pair.low, pair.high) if pair.a == one.name else (-pair.high, -pair.low)
    difference = pair.difference if pair.a == one.name else -pair.difference
    return (
        f"it scores {s.amount(one.mean, '%')} against {s.amount(two.mean, '%')} for {two.name}, {role}; difference "
        f"{s.amount(difference)} (95 % interval {s.amount(ends[0], '')} to {s.amount(ends[1], '')}) "
        f"on {s.n} rows, margin {s.amount(s.margin)}"
    )


def _rule(s: _Setting) -> str:
    test = "Tango's score" if s.binary else "t on difference + margin"
    return (
        f"For each rung the largest one-sided p of 'worse by {s.amount(s.margin)} or more' against every other rung "
        f"({test}), Holm over all rungs but the costliest; the cheapest at or below {s.alpha:g} is enough, "
        f"else none is. No verdict under {FEWEST_ROWS} independent rows. Intervals are 95 %, two-sided, not adjusted."
    )
