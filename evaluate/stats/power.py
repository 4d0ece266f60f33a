"""What a held-out set of n rows can show: smallest visible difference, certifiable margin, rows needed, looks."""

from collections.abc import Sequence
from math import ceil, inf, sqrt

import numpy as np

from .intervals import normal_quantile, t_quantile
from .paired import mcnemar


def smallest_visible(n: int, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest true difference that a two-sided paired t test of n rows finds with this power, in the unit of `sd`.

    `sd` is the standard deviation of the paired differences. Noncentral t, both tails (Cohen 1988).
    Raises ValueError for n < 2.
    """
    return sd * _detectable(n, alpha, power, two_sided=True)


def certifiable_margin(n: int, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest margin by which n rows show "not worse" with this power when two rungs are truly equal (one-sided t).

    In the unit of `sd`, the standard deviation of the paired differences. Raises ValueError for n < 2.
    """
    return sd * _detectable(n, alpha, power, two_sided=False)


def rows_needed(sd: float, margin: float, *, alpha: float = 0.05, power: float = 0.8, two_sided: bool = False) -> int:
    """Rows that settle a margin (or, two-sided, show a difference of that size): (z_alpha + z_power)^2 sd^2 / margin^2.

    The planning formula of Miller 2024 (arXiv 2411.00640, section 5), rounded up and at least 2; `sd` and `margin` in
    one unit, true difference 0 for the one-sided case. Raises ValueError unless margin > 0.
    """
    if margin <= 0:
        raise ValueError(f"a margin is above 0, found {margin}")
    z = normal_quantile(1 - alpha / 2 if two_sided else 1 - alpha) + normal_quantile(power)
    return max(2, ceil((z * sd / margin) ** 2))


def paired_binary_sd(gain: float, loss: float) -> float:
    """Standard deviation of a paired binary difference; `gain` and `loss` are the two discordant shares, 0 to 1."""
    return sqrt(gain + loss - (gain - loss) ** 2)


def mcnemar_power(n: int, gain: float, loss: float, *, alpha: float = 0.05) -> float:
    """Chance that exact McNemar on n rows gives p <= alpha, for true discordant shares `gain` and `loss` (sum > 0).

    Full enumeration: discordant rows are binomial(n, gain + loss), gains among them binomial(., gain / (gain + loss)).
    """
    from scipy.special import bdtr, bdtrc, gammaln

    total, share = gain + loss, gain / (gain + loss)
    found = 0.0
    for m in range(n + 1):
        ways = gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1)
        weight = np.exp(ways + m * np.log(total) + (n - m) * np.log1p(-total)) if total < 1 else float(m == n)
        few = -1
        while few + 1 < m - few - 1 and mcnemar(few + 1, m - few - 1) <= alpha:
            few += 1
        if few >= 0:
            found += weight * (bdtr(few, m, share) + bdtrc(m - few - 1, m, share))
    return float(found)


def crossing_chance(bounds: Sequence[float]) -> float:
    """Chance that |z| passes its bound at one of several equally spaced looks at growing data, when nothing is there.

    Armitage, McPherson & Rowe 1969 (JRSS A 132:235): the density of the running sum inside the bounds is carried from
    look to look, here by Gauss-Legendre quadrature (absolute error below 1e-6). Raises ValueError on no look.
    """
    if not bounds or min(bounds) <= 0:
        raise ValueError("a look needs a bound above 0")
    nodes, weights = np.polynomial.legendre.leggauss(256)
    points, mass = np.zeros(1), np.ones(1)
    for look, bound in enumerate(bounds, start=1):
        edge = bound * sqrt(look)
        steps = edge * nodes[:, None] - points[None, :]
        density = np.exp(-steps * steps / 2) @ mass / sqrt(2 * np.pi)
        points, mass = edge * nodes, edge * weights * density
    return 1 - float(mass.sum())


def inflated_alpha(looks: int, *, alpha: float = 0.05) -> float:
    """Real two-sided error rate of a test at nominal `alpha` after `looks` unplanned looks (Armitage et al. 1969).

    Raises ValueError for looks < 1.
    """
    return crossing_chance([normal_quantile(1 - alpha / 2)] * looks)


def _detectable(n: int, alpha: float, power: float, *, two_sided: bool) -> float:
    """Standardised paired difference found with this power by a t test of n rows; bracketed, then bisected."""
    from scipy.special import nctdtr

    if n < 2:
        raise ValueError(f"power needs 2 rows, found {n}")
    freedom = n - 1
    cut = t_quantile(1 - alpha / 2 if two_sided else 1 - alpha, freedom)

    def reached(shift: float) -> float:
        far_side = float(nctdtr(freedom, shift, -cut)) if two_sided else 0.0
        return 1 - float(nctdtr(freedom, shift, cut)) + far_side

    low, high = 0.0, cut + 1
    while reached(high) < power:
        low, high = high, high * 2
        if high == inf:
            raise ValueError(f"no difference reaches power {power}")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < power else (low, middle)
    return high / sqrt(n)
