"""Full fine-tuning on the tiny model: every weight moves, and what is written is a model of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from stepladder import models, rundir
from stepladder.config import LoraConfig, Project
from stepladder.train import memory, settings, watch, whole
from stepladder.train.command import train
from stepladder.train.memory import Load
from stepladder.train.settings import Facts
from stepladder.train.shape import measure

from .test_plan import LLAMA_8B, decoder, shape
from .test_resume import Killed, die, kill_at

Curated = Callable[..., Path]
Make = Callable[..., Project]

PINNED = [5.94664, 5.71426, 5.5688]  # the first is that of sft: the same rows on the same model


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


@pytest.fixture
def trained(curated: Curated, project: Make, tmp_path: Path) -> Path:
    given = project(train__quantize="nf4", train__learning_rate=1e-3)
    train(str(curated()), str(tmp_path / "full"), method="full", config=given)
    return tmp_path / "full"


def test_the_first_losses_are_pinned_and_training_learns(trained: Path) -> None:
    found = record(trained)
    assert [entry["loss"] for entry in found["log"][:3]] == pytest.approx(PINNED, abs=2e-4)
    assert found["dev"][-1]["loss"] < found["dev"][0]["loss"]


def test_every_weight_is_trained_whatever_quantisation_the_adapters_have(trained: Path, tiny_model: Path) -> None:
    found = record(trained)
    assert found["quantize"] == "none"
    assert found["parameters"]["trainable"] == found["parameters"]["base"]
    assert found["parameters"]["share"] == 1
    assert found["parameters"]["by_layer"]["q_proj"] == 2 * 64 * 64
    before, after = load_file(tiny_model / "model.safetensors"), load_file(trained / "model.safetensors")
    assert before.keys() == after.keys()
    assert [name for name in before if torch.equal(before[name], after[name])] == []
    assert {weight.dtype for weight in after.values()} == {torch.float32}


def test_the_directory_is_a_model_that_transformers_loads(trained: Path, tiny_model: Path) -> None:
    loaded = AutoModelForCausalLM.from_pretrained(trained)
    ids = torch.tensor([[1, 10, 11]])
    before = models.load_model(models.resolve(str(tiny_model)), "none")
    assert (loaded(ids).logits - before(ids).logits).abs().max() > 1e-3
    assert loaded.config.use_cache is True
    ends = GenerationConfig.from_pretrained(trained).eos_token_id
    assert models.end_ids(AutoTokenizer.from_pretrained(trained), loaded) == {2}, ends
    assert AutoTokenizer.from_pretrained(trained).chat_template
    assert models.resolve(str(trained)).sha256 == record(trained)["model_sha256"]
    best = trained / "checkpoints" / f"checkpoint-{record(trained)['best']['step']}"
    assert (best / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()


def test_its_card_loads_it_without_peft(trained: Path) -> None:
    text = (trained / "README.md").read_text()
    assert "library_name: transformers" in text
    assert text.split("---")[1].count("- ") == 3  # trl, full, stepladder
    assert "# full model from" in text
    code = text.split("```python\n")[1].split("```")[0]
    assert "PeftModel" not in code
    compile(code, "README.md", "exec")


def test_it_is_the_base_of_what_is_trained_next(trained: Path, curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(train__epochs=1)
    train(str(curated()), str(tmp_path / "next"), method="sft", model=str(trained), config=given)
    assert record(tmp_path / "next")["base_sha256"] == record(trained)["model_sha256"]
    assert record(tmp_path / "next")["dev"][0]["loss"] == pytest.approx(record(trained)["best"]["dev_loss"], abs=1e-4)


def test_a_large_model_is_kept_in_parts(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = AutoModelForCausalLM.from_pretrained(trained)
    monkeypatch.setattr(whole, "_SHARD", "100KB")
    whole.save(model, str(tmp_path / "parts"))
    names = whole.files(tmp_path / "parts")
    assert "model.safetensors.index.json" in names
    assert len([name for name in names if name.startswith("model-0000")]) > 1
    assert set(names) == {path.name for path in (tmp_path / "parts").iterdir()}


@pytest.mark.parametrize("step", [2, 6])
def test_a_killed_run_ends_with_the_bits_of_an_uninterrupted_one(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    rows = str(curated())
    train(rows, str(tmp_path / "whole"), method="full", config=project())
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(whole, "_SHARD", "100KB")
    kill_at(monkeypatch, step, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), method="full", config=project())
    assert not list((tmp_path / "killed").glob("*.safetensors"))
    train(rows, str(tmp_path / "killed"), method="full", config=project())
    one, other = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("whole", "killed"))
    assert all(torch.equal(weight, other[name]) for name, weight in one.items())
    assert [e["loss"] for e in record(tmp_path / "whole")["log"]] == [
        e["loss"] for e in record(tmp_path / "killed")["log"]
    ]


def test_an_adapter_and_a_model_never_lie_in_one_directory(curated: Curated, project: Make, tmp_path: Path) -> None:
    rows, out = str(curated()), tmp_path / "out"
    train(rows, str(out), method="full", config=project(train__epochs=1))
    train(rows, str(out), method="sft", config=project(train__epochs=1))
    assert not (out / "config.json").exists()
    assert not (out / "model.safetensors").exists()
    train(rows, str(out), method="full", config=project(train__epochs=1))
    assert not list(out.glob("adapter_*"))


def test_beside_an_adapter_each_has_its_folder_and_settings_of_the_adapter_change_nothing(
    curated: Curated, project: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, out = str(curated()), tmp_path / "out"
    train(rows, str(out), method="sft+full", config=project(train__epochs=1))
    assert rundir.read_manifest(out / "full")["complete"] is True
    assert (out / "sft" / "adapter_model.safetensors").is_file()
    assert not {"rank", "alpha", "dropout", "adapter_precision"} & set(record(out / "full")["settings"])
    capsys.readouterr()
    train(rows, str(out), method="sft+full", config=project(train__epochs=1, train__lora=LoraConfig(rank=4)))
    said = capsys.readouterr().err
    assert "full is unchanged" in said
    assert "sft is unchanged" not in said


@pytest.mark.parametrize(("parameters", "rate"), [(135e6, 5e-5), (7e8, 2e-5), (7e9, 1e-5), (70e9, 5e-6)])
def test_its_rate_is_far_below_that_of_an_adapter(parameters: float, rate: float) -> None:
    facts = {"parameters": int(parameters), "context": 2048, "rows": 400, "longest": 200}
    found = settings.resolve("full", Project(), Facts(**facts, on_gpu=False, quick=False, whole=True))
    beside = settings.resolve("sft", Project(), Facts(**facts, on_gpu=False, quick=False))
    assert found["learning_rate"].value == rate
    assert found["learning_rate"].value <= beside["learning_rate"].value / 10


def test_the_plan_counts_every_weight(curated: Curated, project: Make, tmp_path: Path) -> None:
    plan = train(str(curated()), config=project(), method="sft+full", plan=True)
    assert plan["full"]["parameters"]["trainable"] == plan["full"]["parameters"]["base"] > 32_768
    assert plan["sft"]["parameters"]["trainable"] == 32_768
    assert plan["full"]["memory"]["parts_mb"].keys() >= {"weights, gradients and Adam", "activations"}


def test_memory_of_7_billion_weights_is_what_is_published(tmp_path: Path) -> None:
    """112 GB with 16 bytes a weight (LLaMA-Factory's table, research/training.md section 5), and autocast's copies."""
    (tmp_path / "config.json").write_text(json.dumps(decoder("llama", 4096, 32, 32, 32, 11008, 32000, tied=False)))
    counted = measure(models.ModelRef("m", tmp_path, ""), None)
    assert counted.whole
    load = Load(tokens=1024, trained=1024, quantized=False, checkpointing=True, dropout=False, on_gpu=True)
    parts = memory.estimate(counted, load)
    assert parts["weights, gradients and Adam"] == 16 * counted.parameters
    assert sum(parts.values()) / 1e9 == pytest.approx(112 + 2 * counted.linear / 1e9, rel=0.05)


def test_a_pass_over_trained_weights_costs_half_as_much_again(tmp_path: Path) -> None:
    adapter = shape(tmp_path, LLAMA_8B, rank=1)
    full = measure(models.ModelRef("m", tmp_path, ""), None)
    cost = {"tokens": 1000, "trained": 500, "checkpointing": False}
    assert memory.operations(full, **cost) / memory.operations(adapter, **cost) == pytest.approx(1.5, rel=0.01)
