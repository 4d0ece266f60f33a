"""Confidence intervals: one rung's mean (Wilson, t) and the difference of two rungs on the same rows (Tango, t)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST_CLUSTERS = 20
"""Below this many clusters the cluster-robust error is too small, even with t: cluster means are used instead."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits, in the unit of the values; a limit is infinite when one row or cluster is all."""

    mean: float
    low: float
    high: float
    n: int
    method: str


def wilson(successes: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Wilson score interval of a share, 0 to 1, without continuity correction (Wilson 1927, JASA 22:209).

    Counts may be fractions: for clustered rows give `effective_rows`. Raises ValueError unless 0 <= successes <= n > 0.
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"{successes} successes of {n} rows is no share")
    z, share = normal_quantile((1 + confidence) / 2), successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = centre - half if successes > 0 else 0.0
    high = centre + half if successes < n else 1.0
    return Interval(share, low, high, round(n), "Wilson score")


def student(values: ArrayLike, *, clusters: Sequence[object] | None = None, confidence: float = 0.95) -> Interval:
    """Student t interval of the mean of `values` (shape (n,)); of paired differences it is the paired t interval.

    With one label a row in `clusters`, rows of one cluster may depend on each other: the error is `standard_error` with
    t(G-1); under 20 clusters it is the t interval of the G cluster means, and `mean` is their mean. Where every value
    is equal, the width is 0 and `method` says so. Raises ValueError on no values, a value that is not finite, or labels
    of another length.
    """
    rows = finite(values)
    mean, error, freedom = mean_error(rows, clusters)
    if clusters is None:
        method = "t"
    else:
        method = f"t, {freedom + 1} clusters" if freedom + 1 >= FEWEST_CLUSTERS else f"t, {freedom + 1} cluster means"
    if freedom == 0:
        return Interval(mean, -inf, inf, len(rows), f"{method}, no limits: one value has no spread")
    if error == 0:
        return Interval(mean, mean, mean, len(rows), f"{method}, width 0: no value differs")
    half = t_quantile((1 + confidence) / 2, freedom) * error
    return Interval(mean, mean - half, mean + half, len(rows), method)


def mean_interval(
    scores: ArrayLike, *, binary: bool, clusters: Sequence[object] | None = None, confidence: float = 0.95
) -> Interval:
    """Interval of one rung's mean: Wilson for scores that are 0 or 1 (on effective rows when clustered), else t.

    Raises ValueError as `student` does, and on a binary score other than 0 and 1.
    """
    rows = finite(scores)
    if not binary:
        return student(rows, clusters=clusters, confidence=confidence)
    if not np.isin(rows, (0, 1)).all():
        raise ValueError("a binary score is 0 or 1")
    n = effective_rows(rows, clusters)
    found = wilson(float(rows.mean()) * n, n, confidence=confidence)
    method = found.method if n == len(rows) else f"{found.method} on {n:.1f} effective rows"
    return Interval(found.mean, found.low, found.high, len(rows), method)


def mean_error(values: NDArray[np.float64], clusters: Sequence[object] | None = None) -> tuple[float, float, int]:
    """The mean that `student` reports, its standard error (0 when all values are equal), and the degrees of freedom.

    With no degree of freedom left (one row, one cluster) the error is given as 0.
    """
    units = values
    if clusters is not None:
        codes = cluster_codes(clusters, len(values))
        groups = int(codes.max()) + 1
        if groups >= FEWEST_CLUSTERS:
            return float(values.mean()), standard_error(values, clusters), groups - 1
        units = np.bincount(codes, weights=values) / np.bincount(codes)
    error = standard_error(units) if len(units) > 1 else 0.0
    return float(units.mean()), error, len(units) - 1


def standard_error(values: ArrayLike, clusters: Sequence[object] | None = None, *, small_sample: bool = True) -> float:
    """Standard error of the mean; with clusters sqrt(sum over clusters of squared residual sums * G/(G-1)) / n.

    `small_sample=False` leaves the G/(G-1) out, as Miller 2024 (arXiv 2411.00640, appendix A) does. Rounding noise
    (under 1e-12 of the largest value) counts as 0. Raises ValueError on fewer than two rows or clusters.
    """
    rows = finite(values)
    codes = np.arange(len(rows)) if clusters is None else cluster_codes(clusters, len(rows))
    groups = int(codes.max()) + 1
    if groups < 2:
        raise ValueError("a standard error needs two rows or clusters")
    sums = np.bincount(codes, weights=rows - rows.mean())
    error = sqrt(float(sums @ sums) * (groups / (groups - 1) if small_sample else 1.0)) / len(rows)
    return error if error > 1e-12 * float(np.abs(rows).max()) else 0.0


def effective_rows(values: ArrayLike, clusters: Sequence[object] | None = None) -> float:
    """How many independent rows a clustered sample is worth: n over the design effect, never above n.

    Korn & Graubard 1998 (Survey Methodology 24:193) with their factor (t(n-1) / t(G-1))^2 at 95 %; Rao & Scott 1992
    (Biometrics 48:577) use the same scaling for counts. Under 20 clusters, or where the values do not vary and the
    effect cannot be measured, a cluster counts as one row.
    """
    rows = finite(values)
    n = len(rows)
    if clusters is None or (groups := int(cluster_codes(clusters, n).max()) + 1) == n:
        return float(n)
    alone = standard_error(rows)
    if groups < FEWEST_CLUSTERS or alone == 0:
        return float(groups)
    effect = (standard_error(rows, clusters) / alone) ** 2
    effect *= (t_quantile(0.975, groups - 1) / t_quantile(0.975, n - 1)) ** 2
    return n / max(effect, 1.0)


def tango(gains: float, losses: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Score interval of a paired difference of shares, (gains - losses) / n, -1 to 1 (Tango 1998, Stat Med 17:891).

    `gains` rows only the first rung has right, `losses` only the second, of `n` rows in all; fractions are taken
    (effective rows). Without a discordant row the width is not 0. Raises ValueError when the counts do not fit.
    """
    z, seen = normal_quantile((1 + confidence) / 2), (gains - losses) / n if n > 0 else 0.0
    low = _fall(lambda delta: tango_score(gains, losses, n, delta) - z, -1.0, seen)
    high = _fall(lambda delta: tango_score(gains, losses, n, delta) + z, seen, 1.0)
    return Interval(seen, low, high, round(n), "Tango score")


def tango_score(gains: float, losses: float, n: float, delta: float) -> float:
    """Tango's statistic for a true difference `delta` (-1 to 1); approximately standard normal, falling in delta.

    (b - c - n*delta) / sqrt(n * (2q + delta*(1 - delta))) with q the restricted maximum-likelihood share of losses
    (Tango 1998, Stat Med 17:891, section 2). Raises ValueError when the counts do not fit.
    """
    if min(gains, losses) < 0 or n <= 0 or gains + losses > n * (1 + 1e-9):
        raise ValueError(f"{gains} gains and {losses} losses do not fit {n} rows")
    top = gains - losses - n * delta
    linear = -gains - losses + (2 * n - gains + losses) * delta
    constant = -losses * delta * (1 - delta)
    share = (sqrt(max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * share + delta * (1 - delta))
    if abs(top) <= 1e-12 * n:
        return 0.0
    return top / sqrt(variance) if variance > 0 else (inf if top > 0 else -inf)


def tango_margin(gains: float, losses: float, n: float, margin: float) -> tuple[float, float]:
    """Test that the first rung is not `margin` (0 to 1) or more below the second: (z, one-sided p).

    Tango's score at delta = -margin, so it agrees with the limits of `tango`; keeps its level from 30 rows on, where
    Wald's does not (Liu et al. 2002, Stat Med 21:231). Raises ValueError as `tango_score` does.
    """
    from scipy.special import ndtr

    z = tango_score(gains, losses, n, -margin)
    return z, float(ndtr(-z))


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))


def t_quantile(probability: float, freedom: float) -> float:
    """Quantile of Student's t with `freedom` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


def cluster_codes(clusters: Sequence[object], n: int) -> NDArray[np.intp]:
    """Labels as 0 .. G-1 in order of first sight, shape (n,); raises ValueError unless there is one a row."""
    if len(clusters) != n:
        raise ValueError(f"{len(clusters)} cluster labels for {n} rows")
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(label, len(seen)) for label in clusters], dtype=np.intp)


def finite(values: ArrayLike) -> NDArray[np.float64]:
    """`values` as floats, shape (n,); raises ValueError on none, on another shape and on one that is not finite."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 1 or not rows.size:
        raise ValueError(f"one score a row is needed, found an array of shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("a score is not a finite number")
    return rows


def _fall(function: Callable[[float], float], low: float, high: float) -> float:
    """Where `function` falls through 0 between low and high, by bisection to the last bit that matters."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2
