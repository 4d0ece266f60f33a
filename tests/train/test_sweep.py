"""`stepladder sweep`: every rank trained, scored and compared; what is finished is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepladder import cli
from stepladder.config import FormatConfig, Project
from stepladder.errors import UserError
from stepladder.train.sweep import command, intervals, summary
from stepladder.train.sweep.cells import Cell, repeats, trials
from stepladder.train.sweep.command import sweep

Curated = Callable[..., Path]
Make = Callable[..., Project]


@pytest.fixture
def small(project: Make) -> Project:
    return project(train__epochs=1, evaluate__max_new_tokens=6)


@pytest.fixture
def swept(curated: Curated, small: Project, tmp_path: Path) -> tuple[dict[str, Any], Path, Path]:
    """A sweep over two ranks and two seeds: its document, its directory, its rows."""
    rows, out = curated(dev=5), tmp_path / "out"
    return sweep(str(rows), str(out), ranks="1,4", seeds="0,1", config=small), out, rows


def test_each_rank_is_trained_scored_and_compared(swept: tuple[dict[str, Any], Path, Path]) -> None:
    found, out, _ = swept
    assert json.loads((out / "sweep.json").read_text()) == found
    one, four = found["points"]
    assert (one["rank"], four["rank"]) == (1, 4)
    assert four["parameters"] == 4 * one["parameters"] == 8_192
    assert one["learning_rate"] == four["learning_rate"]
    assert one["scale"] == four["scale"] == 2
    assert one["effective_rank"] == pytest.approx(1)
    assert 1 < four["effective_rank"] <= 4
    assert four["bytes"] > one["bytes"]
    assert len(one["answers"]) == len(found["questions"]) == 5
    assert {point["name"] for point in found["points"] if point["above_best"]["low"] is None} == {found["best"]}
    html = (out / "report.html").read_text()
    assert found["questions"][0]["prompt"] in html
    assert "http" not in html.split("</head>")[1]


def test_the_loss_of_a_cell_is_the_one_that_training_measured(curated: Curated, small: Project, tmp_path: Path) -> None:
    rows, out = curated(dev=5), tmp_path / "out"
    found = sweep(str(rows), str(out), ranks="2", config=small)
    record = json.loads((out / "cells" / "rank-2-seed-0" / "training.json").read_text())
    losses = json.loads((out / "scores" / "rank-2-seed-0" / "scores.json").read_text())["losses"]
    by_token = np.average(losses, weights=_answer_lengths(rows, small))
    assert by_token == pytest.approx(record["best"]["dev_loss"], abs=1e-3)
    assert found["points"][0]["dev_loss"]["mean"] == pytest.approx(np.mean(losses))


def _answer_lengths(rows: Path, project: Project) -> list[int]:
    """Tokens of each dev answer: training's loss is a mean over tokens, a sweep's one over rows."""
    from stepladder.train import prepare, source
    from stepladder.train.examples import examples

    base = prepare.base_of(project)
    dev = source.load(rows, "sft").dev
    return [len(e.answers[0]) for e in examples(base.tokenizer, dev, ends=base.ends, limit=1024)]


def test_what_is_finished_is_kept_and_only_a_new_rank_is_trained(
    swept: tuple[dict[str, Any], Path, Path], small: Project
) -> None:
    _, out, rows = swept
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*/*.json")}
    found = sweep(str(rows), str(out), ranks="1,2,4", seeds="0,1", config=small)
    assert [point["name"] for point in found["points"]] == ["rank 1", "rank 2", "rank 4"]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_each_rank_takes_the_learning_rate_of_lowest_dev_loss(curated: Curated, small: Project, tmp_path: Path) -> None:
    found = sweep(str(curated()), str(tmp_path / "out"), ranks="2", seeds="0,1", rates="1e-6,5e-3", config=small)
    losses = {each["learning_rate"]: each["dev_loss"] for each in found["tried"]}
    assert losses[5e-3] < losses[1e-6]
    assert found["points"][0]["learning_rate"] == 5e-3
    assert not (tmp_path / "out" / "cells" / "rank-2-rate-1e-06-seed-1").exists()


def test_answers_are_judged_by_the_projects_format_rule(curated: Curated, project: Make, tmp_path: Path) -> None:
    import dataclasses

    ruled = dataclasses.replace(
        project(train__epochs=1, evaluate__max_new_tokens=4), format=FormatConfig(regex="no such answer")
    )
    found = sweep(str(curated()), str(tmp_path / "out"), ranks="1", config=ruled)
    assert found["points"][0]["format"]["mean"] == 0
    assert "Answers that keep" in (tmp_path / "out" / "report.html").read_text()


def test_alpha_over_rank_and_with_rslora_alpha_stays(project: Make) -> None:
    assert Cell(64, None, 0).project(project()).train.lora.alpha == 128
    assert Cell(1, None, 0).project(project()).train.lora.alpha == 2
    assert Cell(64, None, 0).project(project(train__lora__rslora=True)).train.lora.alpha == 32
    assert Cell(None, 5e-4, 0).project(project()).train.learning_rate == pytest.approx(5e-5)
    assert Cell(None, None, 0).project(project(train__learning_rate=5e-4)).train.learning_rate is None


def test_rates_are_tried_with_one_seed_and_the_choice_is_repeated_with_all() -> None:
    tried = trials([1, None], [1e-4, 1e-3], seed=0)
    assert len(tried) == 4
    assert len({cell.name for cell in tried}) == 4
    assert repeats([tried[0]], [0, 1]) == [Cell(1, 1e-4, 0), Cell(1, 1e-4, 1)]


def test_full_fine_tuning_stands_beside_the_ranks(curated: Curated, small: Project, tmp_path: Path) -> None:
    found = sweep(str(curated()), str(tmp_path / "out"), ranks="4", full=True, config=small)
    four, full = found["points"]
    assert full["name"] == "full"
    assert full["parameters"] > 4 * four["parameters"]
    assert full["effective_rank"] is None
    assert full["dev_loss"]["mean"] != four["dev_loss"]["mean"]


def test_an_interrupted_sweep_goes_on_with_the_next_cell(
    curated: Curated, small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stepladder.train import fit

    rows, out = curated(), tmp_path / "out"
    done: list[str] = []
    whole = fit.fit

    def once(run: Any, directory: Path) -> Any:
        if done:
            raise KeyboardInterrupt
        return noted(run, directory)

    def noted(run: Any, directory: Path) -> Any:
        done.append(directory.name)
        return whole(run, directory)

    monkeypatch.setattr(fit, "fit", once)
    with pytest.raises(KeyboardInterrupt):
        sweep(str(rows), str(out), ranks="1,2", config=small)
    assert not (out / "sweep.json").exists()
    monkeypatch.setattr(fit, "fit", noted)
    sweep(str(rows), str(out), ranks="1,2", config=small)
    assert done == ["rank-1-seed-0", "rank-2-seed-0"]


@pytest.mark.parametrize(
    ("worse", "says"),
    [
        ([False, False, False], "Rank 1, the smallest, has the lowest dev loss"),
        ([True, False, False], "Rank 8 has the lowest dev loss; rank 4 is not shown to be worse"),
        ([True, True, False], "Rank 8 has the lowest dev loss, and every smaller one is shown to be worse"),
    ],
)
def test_the_sentence_claims_no_more_than_the_intervals(worse: list[bool], says: str) -> None:
    points = [
        {"name": name, "shown_worse": found} for name, found in zip(("rank 1", "rank 4", "rank 8"), worse, strict=True)
    ]
    best = "rank 1" if not any(worse) else "rank 8"
    smallest = next(point["name"] for point in points if not point["shown_worse"])
    assert summary.sentence({"points": points, "best": best, "smallest_not_worse": smallest}) == says


class TestIntervals:
    def test_one_seed_is_the_t_interval_over_rows(self) -> None:
        from scipy.stats import t

        values = np.array([[1.0, 2.0, 4.0, 5.0]])
        half = t.ppf(0.975, 3) * values.std(ddof=1) / 2
        found = intervals.crossed(values)
        assert (found.low, found.high) == (pytest.approx(3 - half), pytest.approx(3 + half))

    def test_seeds_that_differ_widen_it_and_seeds_that_agree_do_not_narrow_it(self) -> None:
        rows = np.random.default_rng(0).normal(size=20)
        alone = intervals.crossed(rows[None])
        agreeing = intervals.crossed(np.stack([rows, rows]))
        apart = intervals.crossed(np.stack([rows - 1, rows, rows + 1]))
        assert agreeing.high == pytest.approx(alone.high)
        assert apart.high is not None
        assert alone.high is not None
        assert apart.high > 1.5 * alone.high

    def test_covers_the_truth_when_rows_and_seeds_both_vary(self) -> None:
        random, hits = np.random.default_rng(1), 0
        for _ in range(400):
            values = random.normal(size=(1, 30)) + 0.3 * random.normal(size=(3, 1)) + 0.2 * random.normal(size=(3, 30))
            found = intervals.crossed(values)
            hits += found.low is not None and found.high is not None and found.low <= 0 <= found.high
        assert 0.92 <= hits / 400 <= 1

    def test_a_single_row_has_no_interval(self) -> None:
        assert intervals.crossed(np.array([[1.0], [2.0]])).low is None


def test_faults_of_the_command_line_are_told(
    curated: Curated, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, says in (
        (["--ranks", "0,2"], "--ranks: '0,2' is no list of whole numbers from 1 up"),
        (["--seeds", "a"], "--seeds: 'a' is no list"),
        (["--rates", "5"], "--rates: '5' is no list of learning rates"),
    ):
        assert cli.main(["sweep", str(curated()), "--out", str(tmp_path / "out"), *words]) == 2
        assert says in capsys.readouterr().err
    with pytest.raises(UserError, match="0 dev rows"):
        sweep(str(curated(dev=0, name="no-dev")), str(tmp_path / "out"))
    assert command._whole("--ranks", "4,1,4", least=1) == [1, 4]
