"""Several tests at once: Holm's step-down adjustment, and every pair of rungs under it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .paired import discordant, mcnemar, paired_interval, sign_flip

FEWEST_DISCORDANT = 6
"""Exact McNemar cannot reach p <= .05 with fewer rows on which the two rungs differ."""


@dataclass(frozen=True)
class PairResult:
    """Two rungs, difference = a - b in the metric's unit with unadjusted 95 % limits; `wins`: rows where a is better.

    `p` is two-sided, `p_holm` the same after Holm over all pairs; `note` is empty or a warning in words.
    """

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    wins: int
    ties: int
    losses: int
    method: str
    note: str


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p in the order given: the k-th smallest of m times m-k+1, never falling, at most 1.

    Holm 1979 (Scand J Stat 6:65); controls the chance of any false claim in the family whatever the tests' dependence.
    Raises ValueError on a p outside 0 to 1 (NaN included).
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError(f"a p-value lies between 0 and 1: {list(p_values)}")
    adjusted, floor = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, p_values[place] * (len(p_values) - rank)))
        adjusted[place] = floor
    return adjusted


def all_pairs(
    names: Sequence[str],
    scores: ArrayLike,
    *,
    binary: bool,
    rng: np.random.Generator,
    clusters: Sequence[object] | None = None,
    higher_is_better: bool = True,
    flips: int = 10_000,
) -> tuple[PairResult, ...]:
    """Every pair (a before b) of `scores[rung, row]`: Tango and exact McNemar if binary, else paired t and sign flips.

    With clusters the p comes from flips of whole clusters, binary or not. All pairs use the same flips, so neither
    the order of the rungs nor their number changes a pair's p. Raises ValueError on scores that do not fit.
    """
    table, seed = np.asarray(scores, dtype=np.float64), int(rng.integers(2**63))
    exact = binary and clusters is None
    test = "exact McNemar" if exact else "sign flips" if clusters is None else "sign flips of whole clusters"
    places = [(i, j) for i in range(len(names)) for j in range(i + 1, len(names))]
    p_values = []
    for i, j in places:
        d = table[i] - table[j]
        flipped = np.random.default_rng(seed)
        p_values.append(mcnemar(*discordant(d)) if exact else sign_flip(d, flipped, clusters=clusters, flips=flips))
    results = []
    for (i, j), p, p_holm in zip(places, p_values, holm(p_values), strict=True):
        d = table[i] - table[j]
        found = paired_interval(d, binary=binary, clusters=clusters)
        above, below = int((d > 0).sum()), int((d < 0).sum())
        wins, losses = (above, below) if higher_is_better else (below, above)
        few = binary and wins + losses < FEWEST_DISCORDANT
        note = f"the rungs answer alike: {wins + losses} of {len(d)} rows differ" if few else ""
        counts = (wins, len(d) - wins - losses, losses)
        limits = (found.mean, found.low, found.high)
        results.append(PairResult(names[i], names[j], *limits, p, p_holm, *counts, f"{found.method}; {test}", note))
    return tuple(results)
