"""The flip rate that curation estimates, on its way into TRL's loss."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder.config import Project
from stepladder.train import prepare, settings, source
from stepladder.train.command import train
from stepladder.train.methods import arguments
from stepladder.train.settings import Facts, Settings, value
from stepladder.train.source import FlipRate

Curated = Callable[..., Path]
Make = Callable[..., Project]
CLEAR = {"share": 0.1, "low": 0.04, "high": 0.19, "pairs": 60}
UNCLEAR = {"share": 0.06, "low": 0.0, "high": 0.3, "pairs": 60}


def with_rate(directory: Path, rate: dict[str, Any] | None) -> Path:
    (directory / "summary.json").write_text(json.dumps({"preference": {"flip_rate": rate} if rate else None}))
    return directory


def resolved(rate: FlipRate | None, **args: Any) -> Settings:
    facts = Facts(parameters=135_000_000, context=8192, rows=60, longest=300, on_gpu=False, quick=False, flip_rate=rate)
    return settings.with_given(settings.resolve("dpo", Project(), facts), args)


@pytest.mark.parametrize(
    ("rate", "loss", "smoothing"),
    [
        (None, "sigmoid", 0.0),
        (FlipRate(0.06, 0.0, 0.3), "sigmoid", 0.0),
        (FlipRate(0.1, 0.04, 0.19), "robust", 0.1),
        (FlipRate(0.5, 0.4, 0.5), "sigmoid", 0.0),
    ],
)
def test_the_loss_allows_for_flips_where_the_rate_is_clearly_above_0(
    rate: FlipRate | None, loss: str, smoothing: float
) -> None:
    found = resolved(rate)
    assert (value(found, "preference_loss"), value(found, "label_smoothing")) == (loss, smoothing)
    assert found["label_smoothing"].origin == ("data" if smoothing else "rule")


def test_a_loss_that_the_user_names_is_not_given_the_rate() -> None:
    found = resolved(FlipRate(0.1, 0.04, 0.19), loss_type=["ipo"])
    assert (value(found, "preference_loss"), value(found, "label_smoothing")) == (["ipo"], 0.0)
    both = resolved(FlipRate(0.1, 0.04, 0.19), loss_type="robust", label_smoothing=0.2)
    assert (value(both, "preference_loss"), value(both, "label_smoothing")) == ("robust", 0.2)


def test_trls_config_gets_the_loss_and_the_rate() -> None:
    from trl import DPOConfig

    fields = {"output_dir": "x", "bf16": False, "use_cpu": True, "report_to": []}
    made = arguments.config(DPOConfig, fields | arguments.preference_fields(resolved(FlipRate(0.1, 0.04, 0.19))), {})
    assert (made.loss_type, made.label_smoothing, made.beta) == (["robust"], 0.1, 0.1)


def test_the_rate_is_read_from_the_curated_directory(curated: Curated) -> None:
    pairs = curated(sft=4, preference=6)
    assert source.load(pairs, "preference").flip_rate is None
    assert source.load(with_rate(pairs, None), "preference").flip_rate is None
    assert source.load(with_rate(pairs, CLEAR), "preference").flip_rate == FlipRate(0.1, 0.04, 0.19)
    assert source.load(pairs, "sft").flip_rate is None


def test_the_plan_says_where_the_loss_comes_from(curated: Curated, project: Make) -> None:
    pairs = curated(sft=4, preference=6)
    shown = train(str(with_rate(pairs, CLEAR)), method="sft+dpo", config=project(), plan=True)["dpo"]["settings"]
    assert shown["preference_loss"]["value"] == "robust"
    assert shown["label_smoothing"]["value"] == 0.1
    assert shown["label_smoothing"]["from"] == "data"
    assert "10% of the pairs (4% to 19%)" in shown["label_smoothing"]["reason"]
    shown = train(str(with_rate(pairs, UNCLEAR)), method="sft+dpo", config=project(), plan=True)["dpo"]["settings"]
    assert shown["preference_loss"]["value"] == "sigmoid"
    assert "0% to 30%, may be 0" in shown["preference_loss"]["reason"]


def test_training_with_the_rate_starts_at_ln_2_and_is_done_anew_when_the_rate_changes(
    curated: Curated, project: Make, tmp_path: Path
) -> None:
    pairs, out = with_rate(curated(sft=4, preference=6), CLEAR), tmp_path / "out"
    train(str(pairs), str(out), method="sft+dpo", config=project(train__epochs=1, train__dpo__epochs=1))
    found = json.loads((out / "dpo" / "training.json").read_text())
    assert found["settings"]["preference_loss"]["value"] == "robust"
    assert found["log"][0]["loss"] == pytest.approx(math.log(2), abs=1e-5)

    def inputs() -> dict[str, str]:
        base = prepare.base_of(project())
        return prepare.inputs_of("dpo", source.load(pairs, "preference"), base.ref, project(), None)

    before = inputs()
    with_rate(pairs, CLEAR | {"share": 0.2})
    assert inputs() != before
