"""The verdict: what it says of ladders whose truth is known, and what must not move it."""

from dataclasses import asdict
from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from stepladder.evaluate.verdict import Ladder, decide

LADDER = ["zero_shot", "few_shot", "rag", "sft"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def shares(truth: list[float], n: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Binary scores of rungs with these true shares; rows are hard or easy for all (latent correlation .6)."""
    latent = sqrt(0.6) * generator.standard_normal(n) + sqrt(0.4) * generator.standard_normal((len(truth), n))
    return (latent < ndtri(np.array(truth))[:, None]).astype(float)


def counts(both: int, only_first: int, only_second: int, neither: int) -> NDArray[np.float64]:
    table = [(1, 1)] * both + [(1, 0)] * only_first + [(0, 1)] * only_second + [(0, 0)] * neither
    return np.array(table, dtype=float).T


def labels(ladder: Ladder) -> list[str]:
    return [rung.label for rung in ladder.rungs]


def test_two_rungs_by_hand() -> None:
    ladder = decide(["zero_shot", "sft"], counts(59, 6, 16, 80), margin=0.15, binary=True, rng=rng())
    cheap, costly = ladder.rungs
    assert (cheap.label, costly.label, ladder.verdict.rung) == ("enough", "best", "zero_shot")
    assert (cheap.p, cheap.p_holm, costly.p_holm) == (pytest.approx(0.003816, abs=1e-6), cheap.p, None)
    (pair,) = ladder.pairs
    assert (pair.wins, pair.ties, pair.losses) == (6, 139, 16)
    assert (pair.difference, pair.low, pair.high) == pytest.approx((-0.0621, -0.1240, -0.0054), abs=6e-5)
    assert ladder.verdict.sentence == (
        "zero_shot is enough: it scores 40.4 % against 46.6 % for sft, the best rung; difference -6.2 points "
        "(95 % interval -12.4 to -0.5) on 161 rows, margin 15.0 points."
    )


def test_cannot_tell_names_the_rows_it_would_take() -> None:
    ladder = decide(["zero_shot", "sft"], counts(59, 6, 16, 80), margin=0.05, binary=True, rng=rng())
    cheap = ladder.rungs[0]
    d_variance = 161 / 160 * (22 / 161 - (10 / 161) ** 2)
    assert (cheap.label, ladder.verdict.rung) == ("undecided", None)
    assert cheap.rows_needed == np.ceil((1.644854 + 0.841621) ** 2 * d_variance / 0.05**2)
    assert ladder.verdict.sentence.startswith("Cannot tell at 161 rows whether a cheaper rung is enough.")
    assert f"About {cheap.rows_needed - 161} more rows would" in ladder.verdict.sentence


def test_holm_runs_over_the_cheaper_rungs_alone() -> None:
    ladder = decide(LADDER, rng(3).normal(50, 10, (4, 80)), margin=4, binary=False, rng=rng())
    raw = [rung.p for rung in ladder.rungs[:3] if rung.p is not None]
    smallest = raw.index(min(raw))
    assert ladder.rungs[smallest].p_holm == pytest.approx(min(1, 3 * min(raw)))
    assert ladder.rungs[3].p_holm is None


def test_broken_middle_rung_is_worse_and_stops_nobody() -> None:
    steps = rng(1).normal(0, 5, (4, 100)) + np.array([[60], [61], [20], [61]])
    ladder = decide(LADDER, steps, margin=5, binary=False, rng=rng())
    assert labels(ladder)[:3] == ["enough", "enough", "worse"]
    assert ladder.verdict.rung == "zero_shot"
    assert "by more than the margin" in ladder.rungs[2].text


def test_undecided_against_the_hardest_rival_though_better_than_a_broken_one() -> None:
    steps = rng(1).normal(0, 10, (3, 60)) + np.array([[20], [57], [59]])
    ladder = decide(LADDER[1:], steps, margin=3, binary=False, rng=rng())
    assert labels(ladder) == ["worse", "undecided", "best"]
    assert "The nearest, rag: it scores" in ladder.verdict.sentence
    assert "for sft, the best rung" in ladder.verdict.sentence
    broken_first = decide(LADDER[1:], steps[[1, 0, 2]], margin=3, binary=False, rng=rng())
    assert "The nearest, few_shot: it scores" in broken_first.verdict.sentence
    assert "for sft, the best rung" in broken_first.verdict.sentence


def test_no_cheaper_rung_is_enough_when_each_is_worse() -> None:
    ladder = decide(LADDER, shares([0.3, 0.3, 0.3, 0.95], 100, rng(2)), margin=0.1, binary=True, rng=rng())
    assert labels(ladder) == ["worse"] * 3 + ["best"]
    assert ladder.verdict.sentence.startswith("No cheaper rung is enough")


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("clusters", [None, [row // 2 for row in range(100)], ["one"] * 100])
def test_identical_rungs_are_never_worse(binary: bool, level: float, clusters: list[object] | None) -> None:
    for scores in (np.full((2, 100), level), np.tile(shares([0.6], 100, rng(4)), (2, 1))):
        ladder = decide(["base", "base again"], scores, margin=0.2, binary=binary, rng=rng(), clusters=clusters)
        assert "worse" not in labels(ladder)
        enough = clusters is None or len(set(clusters)) > 30
        assert (labels(ladder), ladder.verdict.rung) == (
            (["enough", "best"], "base") if enough else (["undecided", "best"], None)
        )
        (pair,) = ladder.pairs
        assert (pair.difference, pair.p, pair.p_holm, pair.ties) == (0, 1, 1, 100)
        assert not np.isnan([pair.low, pair.high, ladder.rungs[0].p]).any()
        assert (pair.low < 0 < pair.high) if binary or clusters == ["one"] * 100 else "width 0" in pair.method


def test_base_against_base_is_rarely_worse() -> None:
    """Two runs of one rung differ by noise alone: "worse" in at most alpha + 3 standard errors of 300 ladders."""
    generator, wrong = rng(5), 0
    for _ in range(300):
        ladder = decide(["a", "b"], shares([0.7, 0.7], 60, generator), margin=0.1, binary=True, rng=generator)
        wrong += "worse" in labels(ladder)
    assert wrong / 300 <= 0.05 + 3 * sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize(("truth", "margin"), [([0.60, 0.70, 0.75, 0.80], 0.099), ([0.70, 0.70, 0.70, 0.80], 0.099)])
def test_wrongly_enough_stays_within_alpha(truth: list[float], margin: float) -> None:
    """200 ladders: choosing a rung truly a margin below the best is rarer than alpha + 3 standard errors."""
    generator, wrong = rng(6), 0
    bad = {name for name, share in zip(LADDER, truth, strict=True) if share <= max(truth) - margin}
    for _ in range(200):
        ladder = decide(LADDER, shares(truth, 100, generator), margin=margin, binary=True, rng=generator)
        wrong += ladder.verdict.rung in bad
    assert wrong / 200 <= 0.05 + 3 * sqrt(0.05 * 0.95 / 200)


def test_clustered_rows_do_not_fool_the_verdict() -> None:
    """Rows in 40 groups of 5 that answer as one: ignoring the groups would name the bad rung far more often."""
    generator, groups = rng(7), [row // 5 for row in range(200)]
    wrong = {True: 0, False: 0}
    for _ in range(200):
        scores = np.repeat(shares([0.70, 0.80], 40, generator), 5, axis=1)
        for known in wrong:
            ladder = decide(
                ["cheap", "costly"], scores, margin=0.099, binary=True, rng=generator,
                clusters=groups if known else None, flips=100,
            )  # fmt: skip
            wrong[known] += ladder.verdict.rung == "cheap"
    limit = 200 * (0.05 + 3 * sqrt(0.05 * 0.95 / 200))
    assert wrong[True] <= limit < wrong[False]


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("clustered", [True, False])
def test_order_of_rows_changes_nothing(binary: bool, clustered: bool) -> None:
    scores = shares([0.6, 0.7, 0.75], 90, rng(8)) if binary else rng(8).normal(50, 9, (3, 90))
    groups: list[object] = [f"doc{row % 40}" for row in range(90)]
    first, *others = (
        decide(
            LADDER[:3], scores[:, order], margin=0.1, binary=binary, rng=rng(), flips=500,
            clusters=[groups[i] for i in order] if clustered else None,
        )
        for order in [rng(seed).permutation(90) for seed in range(4)]
    )  # fmt: skip
    assert all(other == first for other in others)


def test_order_of_rungs_changes_no_pair() -> None:
    scores = rng(9).normal(50, 9, (3, 90))
    ahead = decide(["a", "b", "c"], scores, margin=3, binary=False, rng=rng())
    back = decide(["c", "b", "a"], scores[::-1], margin=3, binary=False, rng=rng())
    turned = {(pair.b, pair.a): pair for pair in back.pairs}
    for pair in ahead.pairs:
        other = turned[pair.a, pair.b]
        found = (other.p, other.p_holm, -other.difference, -other.high, -other.low, other.losses, other.wins)
        assert found == pytest.approx(
            (pair.p, pair.p_holm, pair.difference, pair.low, pair.high, pair.wins, pair.losses)
        )
    assert {rung.name: rung.p for rung in ahead.rungs} == pytest.approx({rung.name: rung.p for rung in back.rungs})


def test_lower_is_better_mirrors_the_ladder() -> None:
    right = shares([0.5, 0.8, 0.8], 120, rng(10))
    up = decide(LADDER[:3], right, margin=0.15, binary=True, rng=rng())
    down = decide(LADDER[:3], 1 - right, margin=0.15, binary=True, rng=rng(), higher_is_better=False)
    assert labels(down) == labels(up)
    assert [rung.p for rung in down.rungs] == pytest.approx([rung.p for rung in up.rungs])
    assert [(p.wins, p.losses) for p in down.pairs] == [(p.wins, p.losses) for p in up.pairs]
    assert down.pairs[0].difference == pytest.approx(-up.pairs[0].difference)


@pytest.mark.parametrize("n", [1, 2, 29])
@pytest.mark.parametrize("binary", [True, False])
def test_under_thirty_rows_there_are_figures_and_no_verdict(n: int, binary: bool) -> None:
    ladder = decide(["a", "b"], np.array([[0.0] * n, [1.0] * n]), margin=0.1, binary=binary, rng=rng())
    assert (labels(ladder), ladder.verdict.rung) == (["undecided", "best"], None)
    assert ladder.verdict.sentence.startswith("Figures, no verdict")
    assert (ladder.rungs[0].rows_needed or 0) >= 30
    alike = decide(["a", "b"], np.ones((2, n)), margin=0.5, binary=binary, rng=rng())
    assert (labels(alike), alike.verdict.rung) == (["undecided", "best"], None)
    thirty = decide(["a", "b"], np.array([[0.0] * 30, [1.0] * 30]), margin=0.1, binary=binary, rng=rng())
    assert labels(thirty) == ["worse", "best"]


def test_thirty_rows_in_ten_groups_are_ten() -> None:
    groups = [row // 6 for row in range(60)]
    ladder = decide(["a", "b"], shares([0.8, 0.8], 60, rng(11)), margin=0.3, binary=True, rng=rng(), clusters=groups)
    assert ladder.verdict.sentence.startswith("Figures, no verdict: 60 rows in 10 independent groups are too few")


def test_one_rung_alone() -> None:
    ladder = decide(["base"], [[0.0, 1.0] * 20], margin=0.1, binary=True, rng=rng())
    assert (labels(ladder), ladder.pairs, ladder.rungs[0].p, ladder.verdict.rung) == (["best"], (), None, None)


def test_rows_needed_never_are_there_already() -> None:
    """(z + z)^2 sd^2 / margin^2 is 92 here, and 100 are there; the gap as seen asks for more."""
    noise = rng(12).normal(size=100)
    d = (noise - noise.mean()) / noise.std(ddof=1) - 0.13
    ladder = decide(["a", "b"], np.stack([d, np.zeros(100)]), margin=0.26, binary=False, rng=rng())
    assert ladder.rungs[0].label == "undecided"
    assert ladder.rungs[0].rows_needed == np.ceil((1.644854 + 0.841621) ** 2 / 0.13**2)


def test_same_generator_same_ladder() -> None:
    scores = rng(13).normal(50, 9, (3, 60))
    one, two = (decide(LADDER[:3], scores, margin=3, binary=False, rng=rng(1)) for _ in range(2))
    assert asdict(one) == asdict(two)


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ["a"]},
        {"names": ["a", "a"]},
        {"scores": [[], []]},
        {"scores": [[0, 1], [0, float("nan")]]},
        {"scores": [[0, 0.5], [0, 1]]},
        {"margin": 0},
        {"margin": 1.5},
        {"alpha": 0},
        {"clusters": ["one label"]},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    fitting = {"names": ["a", "b"], "scores": [[0, 1], [1, 1]], "margin": 0.1, "binary": True, "rng": rng()}
    with pytest.raises(ValueError, match=r"."):
        decide(**(fitting | wrong))  # type: ignore[arg-type]
