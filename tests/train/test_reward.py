"""The reward model on the tiny model: what it learns, what it says of dev pairs, and how plain PEFT loads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from stepladder import models
from stepladder.config import Project, RewardConfig
from stepladder.errors import UserError
from stepladder.rendering import render
from stepladder.train import watch
from stepladder.train.command import train
from stepladder.train.source import load

from .test_resume import Killed, assert_same, die, kill_at

Curated = Callable[..., Path]
Make = Callable[..., Project]

PINNED = [0.56724, 0.40163, 0.25753]


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


@pytest.fixture
def trained(curated: Curated, project: Make, tmp_path: Path) -> Path:
    given = project(train__reward=RewardConfig(learning_rate=2e-3))
    train(str(curated(sft=0, preference=12, dev=6)), str(tmp_path / "out"), method="reward", config=given)
    return tmp_path / "out"


def loaded(directory: Path, base: Path) -> Any:
    """As the card says."""
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32)
    model.config.pad_token_id = AutoTokenizer.from_pretrained(directory).pad_token_id
    return PeftModel.from_pretrained(model, str(directory)).eval()


def test_the_first_losses_are_pinned_and_training_learns(trained: Path) -> None:
    found = record(trained)
    assert [entry["loss"] for entry in found["log"][:3]] == pytest.approx(PINNED, abs=2e-4)
    assert found["dev"][-1]["loss"] < found["dev"][0]["loss"]
    assert {"accuracy", "margin"} <= set(found["dev"][0])
    assert not {"min_reward", "max_reward"} & set(found["dev"][0])


def test_plain_peft_loads_it_and_gives_the_recorded_accuracy(trained: Path, tiny_model: Path) -> None:
    model, found = loaded(trained, tiny_model), record(trained)
    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    margins = []
    for row in load(trained.parent / "curated", "preference").dev:
        scores = []
        for name in ("chosen", "rejected"):
            rendered = render(tokenizer, row.prompt, row.answers[name])
            with torch.no_grad():
                scores.append(float(model(torch.tensor([[*rendered.prompt_ids, *rendered.completion_ids]])).logits))
        margins.append(scores[0] - scores[1])
    assert found["best"]["dev_accuracy"] == pytest.approx(sum(m > 0 for m in margins) / len(margins))
    kept = next(entry for entry in found["dev"] if entry["step"] == found["best"]["step"])
    assert kept["margin"] == pytest.approx(sum(margins) / len(margins), abs=1e-4)  # alone or padded: the same scores


def test_the_output_is_trained_and_kept_with_the_adapter(trained: Path, tiny_model: Path) -> None:
    found = record(trained)
    assert found["parameters"]["by_layer"]["score"] == 64
    assert found["parameters"]["trainable"] == 32_768 + 64
    one, other = (loaded(trained, tiny_model).score.modules_to_save["default"].weight for _ in range(2))
    assert torch.equal(one, other)
    assert json.loads((trained / "adapter_config.json").read_text())["task_type"] == "SEQ_CLS"


def test_its_card_says_how_to_load_it_and_how_good_it_is(trained: Path) -> None:
    text = (trained / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    assert "AutoModelForSequenceClassification.from_pretrained(base, num_labels=1" in code
    assert "AutoModelForCausalLM" not in code
    compile(code, "README.md", "exec")
    assert f"{record(trained)['best']['dev_accuracy']:.0%} of 6 pairs" in text
    assert "text-classification" in text


def test_on_4_bits_the_output_stays_whole(curated: Curated, project: Make, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    given = project(train__quantize="nf4", train__reward=RewardConfig(epochs=1))
    train(str(curated(sft=0, preference=8)), str(tmp_path / "out"), method="reward", config=given)
    kept = load_file(tmp_path / "out" / "adapter_model.safetensors")
    assert {weight.dtype for weight in kept.values()} == {torch.float32}
    assert [tuple(weight.shape) for name, weight in kept.items() if "score" in name] == [(1, 64)]
    assert 'llm_int8_skip_modules=["score"]' in (tmp_path / "out" / "README.md").read_text()


def test_a_killed_run_ends_with_the_bits_of_an_uninterrupted_one(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, given = str(curated(sft=0, preference=12)), project()
    train(rows, str(tmp_path / "whole"), method="reward", config=given)
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    kill_at(monkeypatch, 4, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), method="reward", config=given)
    train(rows, str(tmp_path / "killed"), method="reward", config=given)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_the_preview_marks_the_token_whose_score_is_read(curated: Curated, project: Make) -> None:
    shown = train(str(curated(sft=0, preference=8)), method="reward", config=project(), preview=True)["reward"]
    assert shown["totals"]["tokens_with_loss"] == 16
    for answer in shown["rows"][0]["answers"]:
        assert sum(answer["loss"]) == 1
        assert answer["loss"].index(True) == len(answer["tokens"]) - 2  # before the end token, which pads as well


def test_pairs_are_needed(curated: Curated, project: Make, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="reward needs preference rows"):
        train(str(curated()), str(tmp_path / "out"), method="sft+reward", config=project())
