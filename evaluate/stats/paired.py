"""Tests of two rungs on the same rows: exact McNemar, sign flips, and non-inferiority by a margin."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .intervals import (
    Interval,
    cluster_codes,
    effective_rows,
    finite,
    mean_error,
    standard_error,
    student,
    tango,
    tango_margin,
)

EXACT_SIGNS = 15
"""Up to 2^15 sign patterns are all counted; beyond that patterns are drawn."""


@dataclass(frozen=True)
class EffectSize:
    """Standardised mean of paired differences: d_z = mean / sd, and Hedges' exact small-sample factor J (d_z * J)."""

    d_z: float
    correction: float


def discordant(differences: ArrayLike) -> tuple[int, int]:
    """Rows that only the first rung has right and rows that only the second has: counts of 1 and of -1."""
    rows = finite(differences)
    if not np.isin(rows, (-1, 0, 1)).all():
        raise ValueError("a difference of binary scores is -1, 0 or 1")
    return int((rows == 1).sum()), int((rows == -1).sum())


def mcnemar(gains: int, losses: int) -> float:
    """Two-sided exact McNemar p: binomial(gains + losses, 1/2); 1 without a discordant row (McNemar 1947)."""
    return min(1.0, 2 * _binomial_tail(min(gains, losses), gains + losses))


def mcnemar_mid(gains: int, losses: int) -> float:
    """Two-sided mid-p McNemar: half of the observed table's probability is left out, so it is less conservative.

    Fagerland, Lydersen & Laake 2013 (BMC Med Res Methodol 13:91); 1 without a discordant row.
    """
    total, fewer = gains + losses, min(gains, losses)
    if total == 0:
        return 1.0
    point = _binomial_tail(fewer, total) - _binomial_tail(fewer - 1, total)
    return 1 - point / 2 if gains == losses else mcnemar(gains, losses) - point


def paired_interval(
    differences: ArrayLike, *, binary: bool, clusters: Sequence[object] | None = None, confidence: float = 0.95
) -> Interval:
    """Interval of the mean difference: Tango for binary scores (on effective rows when clustered), else paired t.

    `differences` has shape (n,), first rung minus second, in the metric's unit. Raises ValueError on a binary
    difference other than -1, 0 and 1, and as `student` does.
    """
    rows = finite(differences)
    if not binary:
        found = student(rows, clusters=clusters, confidence=confidence)
        return Interval(found.mean, found.low, found.high, found.n, f"paired {found.method}")
    gains, losses, n = _effective_counts(rows, clusters)
    found = tango(gains, losses, n, confidence=confidence)
    method = found.method if n == len(rows) else f"{found.method} on {n:.1f} effective rows"
    return Interval(float(rows.mean()), found.low, found.high, len(rows), method)


def sign_flip(
    differences: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Sequence[object] | None = None,
    alternative: Literal["two-sided", "greater"] = "two-sided",
    flips: int = 10_000,
) -> float:
    """Permutation p of the mean difference under sign flips (Fisher 1935); with clusters, a cluster flips as a whole.

    Exact up to 2^15 patterns (rows or clusters that sum to 0 need no flip), else (1 + hits) / (1 + flips) over `flips`
    patterns from `rng` (Phipson & Smyth 2010). The order of the rows does not change the result. All 0 gives 1.
    """
    rows = finite(differences)
    sums = rows if clusters is None else np.bincount(cluster_codes(clusters, len(rows)), weights=rows)
    noise = 1e-9 * float(np.abs(rows).sum())
    sizes = np.sort(np.abs(sums[np.abs(sums) > noise / len(rows)]))
    seen = float(sums.sum())

    def hits(patterns: NDArray[np.int8]) -> int:
        flipped = sizes.sum() - 2 * (patterns @ sizes)
        if alternative == "two-sided":
            return int((np.abs(flipped) >= abs(seen) - noise).sum())
        return int((flipped >= seen - noise).sum())

    if len(sizes) <= EXACT_SIGNS:
        every = np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1
        return float(hits(every.astype(np.int8)) / 2 ** len(sizes))
    block, found = max(1, 2_000_000 // len(sizes)), 0
    for start in range(0, flips, block):
        shape = (min(block, flips - start), len(sizes))
        found += hits(rng.integers(0, 2, size=shape, dtype=np.int8))
    return (1 + found) / (1 + flips)


def not_worse(
    differences: ArrayLike, margin: float, *, binary: bool, clusters: Sequence[object] | None = None
) -> tuple[float, float]:
    """Non-inferiority of the first rung: (statistic, one-sided p) for the claim mean difference > -margin.

    Binary: Tango's score, on effective rows when clustered. Continuous: one-sided t on difference + margin with the
    error and degrees of freedom of `student`. When the differences do not vary, t has no error: p is 0 if difference
    + margin > 0, else 1; with a single row or cluster p is 1. Raises ValueError as `paired_interval` does.
    """
    rows = finite(differences)
    if binary:
        return tango_margin(*_effective_counts(rows, clusters), margin)
    from scipy.special import stdtr

    mean, error, freedom = mean_error(rows, clusters)
    if freedom == 0:
        return 0.0, 1.0
    if error == 0:
        return (inf, 0.0) if mean + margin > 0 else (-inf, 1.0)
    t = (mean + margin) / error
    return t, float(stdtr(freedom, -t))


def effect_size(differences: ArrayLike) -> EffectSize:
    """Cohen's d_z of paired differences and Hedges' factor (Hedges 1981, exact gamma form); needs 3 rows that vary.

    Raises ValueError on fewer rows or differences that are all equal.
    """
    rows = finite(differences)
    if len(rows) < 3 or standard_error(rows) == 0:
        raise ValueError("an effect size needs 3 rows whose differences vary")
    half = (len(rows) - 1) / 2
    factor = exp(lgamma(half) - lgamma(half - 0.5)) / sqrt(half)
    return EffectSize(float(rows.mean()) / float(rows.std(ddof=1)), factor)


def _effective_counts(rows: NDArray[np.float64], clusters: Sequence[object] | None) -> tuple[float, float, float]:
    """Gains, losses and rows, scaled down to what the clustered rows are worth (Rao & Scott 1992)."""
    gains, losses = discordant(rows)
    n = effective_rows(rows, clusters)
    return gains * n / len(rows), losses * n / len(rows), n


def _binomial_tail(count: int, total: int) -> float:
    """P(X <= count) of a binomial(total, 1/2)."""
    from scipy.special import bdtr

    return float(bdtr(count, total, 0.5)) if count >= 0 else 0.0
