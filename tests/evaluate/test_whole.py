# ruff: noqa: F811  fixtures of test_command
"""Models of which every weight was trained, as rungs beside the base and its adapters."""

import json
from pathlib import Path

import pytest
import torch

from stepladder import models
from stepladder.config import Project, overridden
from stepladder.evaluate import adapters as trained
from stepladder.evaluate.command import evaluate

from .test_command import curated, lines, project  # noqa: F401


@pytest.fixture
def full(tiny_model: Path, tmp_path: Path) -> Path:
    """The base with other weights, and what training writes beside them."""
    ref = models.resolve(str(tiny_model))
    model = models.load_model(ref, "none")
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    folder = tmp_path / "trained" / "full"
    model.save_pretrained(folder)
    tokenizer = models.load_tokenizer(ref)
    tokenizer.save_pretrained(folder)
    record = {
        "method": "full",
        "base_sha256": ref.sha256,
        "quantize": "none",
        "template_sha256": models.template_hash(tokenizer),
    }
    (folder / "training.json").write_text(json.dumps(record))
    return folder


def test_a_whole_model_answers_on_its_own_rung_as_it_does_alone(
    curated, project: Project, full: Path, tmp_path
) -> None:
    together = evaluate(
        str(curated), str(tmp_path / "e"), adapter=[str(full.parent)], rungs=["zero_shot", "full"], config=project
    )
    assert [r["name"] for r in together["rungs"]] == ["zero_shot", "full"]
    alone = overridden(project, model=str(full), train__quantize="none")
    evaluate(str(curated), str(tmp_path / "alone"), rungs=["zero_shot"], config=alone)
    said = [(o["output"], o["metrics"]["nll"]) for o in lines(tmp_path / "e" / "outputs.jsonl") if o["rung"] == "full"]
    assert said == [(o["output"], o["metrics"]["nll"]) for o in lines(tmp_path / "alone" / "outputs.jsonl")]
    base = [
        (o["output"], o["metrics"]["nll"]) for o in lines(tmp_path / "e" / "outputs.jsonl") if o["rung"] == "zero_shot"
    ]
    assert said != base
    assert together["rungs"][1]["cost"]["storage_mb"] == pytest.approx(
        (full / "model.safetensors").stat().st_size / 1e6, abs=0.01
    )


def test_another_weight_is_another_model(full: Path) -> None:
    (found,) = trained.find([str(full)])
    before = found.sha256
    weights = bytearray((full / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (full / "model.safetensors").write_bytes(weights)
    assert found.is_whole
    assert found.sha256 != before


def test_a_reward_model_is_no_rung(full: Path, tmp_path: Path) -> None:
    reward = full.parent / "reward"
    reward.mkdir()
    (reward / "adapter_model.safetensors").write_bytes(b"")
    (reward / "training.json").write_text('{"method": "reward"}')
    assert [one.name for one in trained.find([str(full.parent)])] == ["full"]
