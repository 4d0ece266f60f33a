"""Every figure of research/evaluation.md 2.1 to 2.9, and the same figures from independent code where there is some."""

from itertools import product
from math import comb, sqrt

import numpy as np
import pytest
from scipy import stats

from stepladder.evaluate.stats import intervals, multiple, paired, power

MAIZE = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75]  # Darwin's differences, in Fisher 1935
MILLER = ([1, 1, 0, 0, 0, 1, 1, 1, 0, 1], [0, 0, 0, 1, 1, 2, 2, 2, 3, 3])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


WILSON = {
    (5, 5): (0.56552, 1),
    (0, 30): (0, 0.11351),
    (17, 20): (0.63958, 0.94763),
    (27, 30): (0.74379, 0.96540),
    (85, 100): (0.76716, 0.90694),
    (190, 200): (0.91042, 0.97262),
}


@pytest.mark.parametrize(("counts", "limits"), WILSON.items())
def test_wilson(counts: tuple[int, int], limits: tuple[float, float]) -> None:
    found = intervals.wilson(*counts)
    theirs = stats.binomtest(*counts).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx(limits, abs=6e-6)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_clustered_standard_error() -> None:
    values, clusters = MILLER
    assert intervals.standard_error(values) == pytest.approx(0.163299, abs=1e-6)
    assert intervals.standard_error(values, clusters, small_sample=False) == pytest.approx(0.172047, abs=1e-6)
    assert intervals.standard_error(values, clusters) == pytest.approx(0.198662, abs=1e-6)


def test_t_with_few_clusters_is_t_on_their_means() -> None:
    values, clusters = MILLER
    found = intervals.student(values, clusters=clusters)
    theirs = stats.ttest_1samp([2 / 3, 0, 1, 1 / 2], 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert found.method == "t, 4 cluster means"


def test_t_with_many_clusters_has_their_degrees_of_freedom() -> None:
    values = rng().normal(size=60)
    clusters = [row // 3 for row in range(60)]
    found = intervals.student(values, clusters=clusters)
    half = stats.t.ppf(0.975, 19) * intervals.standard_error(values, clusters)
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half))
    alone = intervals.student(values, clusters=list(range(60)))
    assert alone.low == pytest.approx(intervals.student(values).low)


# (a, b, c, e): difference, Tango limits, McNemar exact p, mid-p
PAIRED = {
    (1, 1, 7, 12): (-0.2857, -0.5172, -0.0260, 0.0703125, 0.0390625),
    (59, 6, 16, 80): (-0.0621, -0.1240, -0.0054, 0.0524788, 0.0346896),
    (14, 5, 0, 22): (0.1220, 0.0258, 0.2554, 0.0625, 0.03125),
    (100, 40, 20, 0): (0.1250, 0.0309, 0.2181, 0.0134893, 0.0098534),
    (794, 150, 86, 570): (0.0400, 0.02136, 0.05900, 3.716e-5, None),
    (43, 0, 1, 0): (-0.0227, -0.1181, 0.0594, 1, 0.5),
    (30, 0, 0, 0): (0, -0.1135, 0.1135, 1, 1),
    (80, 10, 4, 6): (0.0600, -0.0150, 0.1417, 0.1795654, 0.1184692),
}


@pytest.mark.parametrize(("table", "golden"), PAIRED.items())
def test_paired_binary(table: tuple[int, ...], golden: tuple[float, ...]) -> None:
    _, gains, losses, _ = table
    found = intervals.tango(gains, losses, sum(table))
    difference, low, high, exact, mid = golden
    assert (found.mean, found.low, found.high) == pytest.approx((difference, low, high), abs=6e-5)
    assert paired.mcnemar(gains, losses) == pytest.approx(exact, abs=5e-8)
    if gains + losses:
        assert paired.mcnemar(gains, losses) == pytest.approx(stats.binomtest(gains, gains + losses).pvalue)
    if mid is not None:
        assert paired.mcnemar_mid(gains, losses) == pytest.approx(mid, abs=1e-7)


@pytest.mark.parametrize(("total", "most"), [(5, -1), (6, 0), (8, 0), (9, 1), (11, 1), (12, 2), (14, 2), (15, 3)])
def test_discordant_rows_that_mcnemar_needs(total: int, most: int) -> None:
    reach = [few for few in range(total // 2 + 1) if paired.mcnemar(few, total - few) <= 0.05]
    assert max(reach, default=-1) == most


def test_darwin() -> None:
    found = paired.paired_interval(MAIZE, binary=False)
    assert found.mean == pytest.approx(20.9333, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.03119, 41.8355), abs=5e-5)
    t, one_sided = paired.not_worse(MAIZE, 0, binary=False)
    assert (t, 2 * one_sided) == pytest.approx((2.147987, 0.049703), abs=1e-6)
    assert paired.not_worse(MAIZE, 30, binary=False) == pytest.approx((5.226313, 6.4135e-5), abs=1e-6, rel=1e-5)
    assert paired.sign_flip(MAIZE, rng()) == 1726 / 32768
    assert paired.sign_flip(MAIZE, rng(), alternative="greater") == 863 / 32768
    effect = paired.effect_size(MAIZE)
    assert (effect.d_z, effect.correction) == pytest.approx((0.554608, 0.945288), abs=1e-6)


def test_drawn_flips_agree_with_scipy() -> None:
    d = rng().normal(0.3, 1, size=40)
    theirs = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=50_000, rng=1)
    assert paired.sign_flip(d, rng()) == pytest.approx(theirs.pvalue, abs=0.01)
    assert paired.sign_flip(d, rng()) == paired.sign_flip(d[::-1], rng())
    assert paired.sign_flip([5.0] * 40, rng()) == 1 / 10_001


def test_clusters_flip_whole() -> None:
    d, clusters = [1.0] * 12, [row // 4 for row in range(12)]
    assert paired.sign_flip(d, rng()) == 2 / 2**12
    assert paired.sign_flip(d, rng(), clusters=clusters) == 2 / 2**3


HOLM = {
    (0.01, 0.02, 0.03, 0.04): (0.04, 0.06, 0.06, 0.06),
    (0.001, 0.01, 0.02, 0.04, 0.3): (0.005, 0.04, 0.06, 0.08, 0.3),
}


@pytest.mark.parametrize(("raw", "adjusted"), HOLM.items())
def test_holm(raw: tuple[float, ...], adjusted: tuple[float, ...]) -> None:
    assert multiple.holm(raw) == pytest.approx(adjusted)
    assert multiple.holm(raw[::-1]) == pytest.approx(adjusted[::-1])


# n: d_z two-sided .05, .0125, one-sided .05; MDE sd .5 and .35, certifiable margin sd .5 and .35, in points
POWER = {
    30: (0.5292, 0.6447, 0.4649, 26.5, 18.5, 23.2, 16.3),
    50: (0.4042, 0.4879, 0.3566, 20.2, 14.1, 17.8, 12.5),
    100: (0.2829, 0.3393, 0.2504, 14.1, 9.9, 12.5, 8.8),
    150: (0.2302, 0.2755, 0.2039, 11.5, 8.1, 10.2, 7.1),
    200: (0.1991, 0.2380, 0.1764, 10.0, 7.0, 8.8, 6.2),
    300: (0.1623, 0.1938, 0.1439, 8.1, 5.7, 7.2, 5.0),
    500: (0.1255, 0.1498, 0.1113, 6.3, 4.4, 5.6, 3.9),
}


@pytest.mark.parametrize(("n", "golden"), POWER.items())
def test_power(n: int, golden: tuple[float, ...]) -> None:
    standard = [
        power.smallest_visible(n, 1),
        power.smallest_visible(n, 1, alpha=0.0125),
        power.certifiable_margin(n, 1),
    ]
    assert standard == pytest.approx(golden[:3], abs=6e-5)
    points = [100 * of(n, sd) for of in (power.smallest_visible, power.certifiable_margin) for sd in (0.5, 0.35)]
    assert points == pytest.approx(golden[3:], abs=0.051)


def test_planning_formula() -> None:
    assert power.rows_needed(1 / 3, 0.03, two_sided=True) == 969
    assert power.rows_needed(12, 3) == 99  # one-sided: (1.644854 + 0.841621)^2 * 16 = 98.92
    assert power.paired_binary_sd(0.15, 0.10) == pytest.approx(0.4975, abs=5e-5)


MCNEMAR_POWER = {
    30: (0.022, 0.099, 0.235, 0.403, 0.307, 0.021),
    50: (0.069, 0.241, 0.478, 0.699, 0.547, 0.028),
    100: (0.178, 0.544, 0.837, 0.961, 0.878, 0.031),
    200: (0.373, 0.875, 0.992, 1.0, 0.995, 0.037),
    500: (0.802, 0.999, 1.0, 1.0, 1.0, 0.041),
}


@pytest.mark.parametrize(("n", "golden"), MCNEMAR_POWER.items())
def test_mcnemar_power(n: int, golden: tuple[float, ...]) -> None:
    shares = [(0.10, 0.05), (0.15, 0.05), (0.20, 0.05), (0.25, 0.05), (0.30, 0.10), (0.15, 0.15)]
    assert [power.mcnemar_power(n, *pair) for pair in shares] == pytest.approx(golden, abs=6e-4)


@pytest.mark.parametrize(("looks", "alpha"), [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142)])
def test_looks(looks: int, alpha: float) -> None:
    assert power.inflated_alpha(looks) == pytest.approx(alpha, abs=6e-4)


BOUNDS = [
    *[(2.796, 1.977), (3.471, 2.454, 2.004), (4.048, 2.862, 2.337, 2.024), (4.562, 3.226, 2.634, 2.281, 2.040)],
    *[(2.178,) * 2, (2.289,) * 3, (2.361,) * 4, (2.413,) * 5],
]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_planned_looks_keep_five_percent(bounds: tuple[float, ...]) -> None:
    assert power.crossing_chance(bounds) == pytest.approx(0.05, abs=1.5e-4)


# (a, b, c, e): one-sided (z, p) at margins .05, .10, .15
MARGIN = {
    (80, 10, 4, 6): [(2.706307, 0.003402), (3.621774, 0.000146), (4.440370, 4e-6)],
    (80, 4, 10, 6): [(-0.272888, 0.607530), (1.025827, 0.152487), (2.132628, 0.016478)],
    (59, 6, 16, 80): [(-0.426058, 0.664967), (1.248918, 0.105847), (2.667924, 0.003816)],
    (94, 2, 4, 0): [(1.089995, 0.137858), (2.385791, 0.008521), (3.386571, 0.000354)],
    (30, 0, 0, 0): [(1.256562, 0.104456), (1.825742, 0.033945), (2.300895, 0.010699)],
    (100, 0, 0, 0): [(2.294157, 0.010891), (3.333333, 0.000429), (4.200840, 1.3e-5)],
}


@pytest.mark.parametrize(("table", "golden"), MARGIN.items())
def test_tango_margin(table: tuple[int, ...], golden: list[tuple[float, float]]) -> None:
    _, gains, losses, _ = table
    found = [intervals.tango_margin(gains, losses, sum(table), margin) for margin in (0.05, 0.10, 0.15)]
    assert np.array(found) == pytest.approx(np.array(golden), abs=1e-6)


def test_margin_test_and_interval_never_contradict() -> None:
    for gains, losses in product(range(6), range(6)):
        low = intervals.tango(gains, losses, 40, confidence=0.90).low
        for margin in (0.05, 0.10, 0.15):
            assert (intervals.tango_margin(gains, losses, 40, margin)[1] < 0.05) == (low > -margin)


@pytest.mark.parametrize(("n", "least", "most", "wald"), [(30, 0.027, 0.051, 0.144), (50, 0.041, 0.050, 0.087)])
def test_tango_margin_keeps_its_level(n: int, least: float, most: float, wald: float) -> None:
    """Full enumeration at the boundary, nominal .05, discordance .12 to .40; Wald's test does not keep it."""
    tango_sizes, wald_sizes = [], []
    for margin, discordance in product((0.05, 0.10), (0.12, 0.2, 0.3, 0.4)):
        gain, loss, size, size_wald = (discordance - margin) / 2, (discordance + margin) / 2, 0.0, 0.0
        for b in range(n + 1):
            for c in range(n + 1 - b):
                weight = comb(n, b) * comb(n - b, c) * gain**b * loss**c * (1 - discordance) ** (n - b - c)
                if weight < 1e-9:
                    continue
                size += weight * (intervals.tango_margin(b, c, n, margin)[1] <= 0.05)
                spread = sqrt(max(b + c - (b - c) ** 2 / n, 0)) / n
                size_wald += weight * ((b - c) / n + margin >= 1.644854 * spread)
        tango_sizes.append(size)
        wald_sizes.append(size_wald)
    assert least - 5e-4 <= min(tango_sizes)
    assert max(tango_sizes) <= most + 5e-4
    assert max(wald_sizes) == pytest.approx(wald, abs=6e-4)
