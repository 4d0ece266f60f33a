"""Counts, memory and time before training: exact counts, published memory peaks, and what is printed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepladder import console, models
from stepladder.config import LoraConfig, Project
from stepladder.errors import UserError
from stepladder.train import adapter, batches, memory
from stepladder.train.command import train
from stepladder.train.examples import Example
from stepladder.train.memory import Load
from stepladder.train.settings import Setting
from stepladder.train.shape import Shape, measure


def decoder(
    kind: str, hidden: int, layers: int, heads: int, keys: int, mlp: int, vocab: int, *, tied: bool
) -> dict[str, Any]:
    return {
        "model_type": kind,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": keys,
        "intermediate_size": mlp,
        "vocab_size": vocab,
        "max_position_embeddings": 32768,
        "tie_word_embeddings": tied,
    }


LLAMA_8B = decoder("llama", 4096, 32, 32, 8, 14336, 128256, tied=False)
QWEN_05B = decoder("qwen2", 896, 24, 14, 2, 4864, 151936, tied=True)
SMOLLM_135M = decoder("llama", 576, 30, 9, 3, 1536, 49152, tied=True)


def shape(tmp_path: Path, config: dict[str, Any], rank: int = 16) -> Shape:
    (tmp_path / "config.json").write_text(json.dumps(config))
    return measure(models.ModelRef("m", tmp_path, ""), adapter.lora_config(LoraConfig(rank=rank)))


def test_counts_are_those_of_published_tables(tmp_path: Path) -> None:
    found = shape(tmp_path, LLAMA_8B, rank=1)
    assert found.parameters == 8_030_261_248
    assert found.adapter == 2_621_440  # Tinker's table, per rank (research/training.md section 5)
    assert found.linear == 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336)


def load(tokens: int, **given: Any) -> Load:
    return Load(
        **{
            "tokens": tokens,
            "trained": tokens,
            "quantized": True,
            "checkpointing": True,
            "dropout": False,
            "on_gpu": True,
        }
        | given
    )


@pytest.mark.parametrize(
    ("config", "quantized", "tokens", "gib"),
    [
        (LLAMA_8B, True, 1024, 6.8),
        (LLAMA_8B, True, 4096, 7.9),
        (LLAMA_8B, False, 1024, 16.7),
        (LLAMA_8B, False, 4096, 17.9),
        (QWEN_05B, True, 4096, 1.6),
        (QWEN_05B, False, 4096, 2.2),
    ],
)
def test_memory_is_that_of_the_research_table(
    tmp_path: Path, config: dict[str, Any], quantized: bool, tokens: int, gib: float
) -> None:
    parts = memory.estimate(shape(tmp_path, config), load(tokens, quantized=quantized))
    assert sum(parts.values()) / 2**30 == pytest.approx(gib, rel=0.2)  # what the plan says of itself


def test_memory_was_measured_on_a_cpu(tmp_path: Path) -> None:
    """SmolLM2-135M in float32, rank 16: peaks of 4 and of 1 padded rows of 255 tokens (RSS, two cores, 2026-11)."""
    counted = shape(tmp_path, SMOLLM_135M)
    assert counted.adapter == 4_884_480
    for tokens, trained, measured in ((1020, 400, 4237), (255, 100, 2010)):
        on_cpu = load(tokens, trained=trained, quantized=False, checkpointing=False, dropout=True, on_gpu=False)
        assert sum(memory.estimate(counted, on_cpu).values()) / 2**20 == pytest.approx(measured, rel=0.2)


def test_unknown_layers_are_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(QWEN_05B))
    with pytest.raises(UserError, match=r"train\.lora\.targets"):
        measure(models.ModelRef("m", tmp_path, ""), adapter.lora_config(LoraConfig(targets=".*no_such_layer")))


SETTINGS = {
    "batch": Setting(8, "rule", ""),
    "quantize": Setting("none", "rule", ""),
    "dropout": Setting(0.05, "rule", ""),
}


def rows(length: int, count: int = 8) -> list[Example]:
    return [Example(str(i), [1] * (length - 20), ([i + 5] * 20,)) for i in range(count)]


@pytest.mark.parametrize(
    ("quantize", "gigabytes", "on_gpu", "held"),
    [("nf4", 16, False, True), ("nf4", 3, False, False), ("none", 16, False, False), ("nf4", 80, True, False)],
)
def test_a_cpu_with_memory_holds_nf4s_values_unpacked(
    tmp_path: Path, quantize: str, gigabytes: int, on_gpu: bool, held: bool
) -> None:
    given = SETTINGS | {"quantize": Setting(quantize, "rule", "")}
    counted = shape(tmp_path, QWEN_05B)
    found = batches.resolve(given, counted, rows(100), on_gpu=on_gpu, memory=gigabytes * 10**9, packs=True)
    assert found["dequantised"].value is held


@pytest.mark.parametrize(
    ("length", "gigabytes", "on_gpu", "packs", "micro", "checkpointing"),
    [
        (1000, 80, True, False, 2, False),
        (1000, 40, True, False, 1, False),
        (1000, 24, True, False, 2, True),
        (250, 80, True, False, 8, False),
        (120, 16, False, False, 4, False),
        (120, 16, False, True, 8, False),
        (900, 500, False, True, 1, False),
    ],
)
def test_the_micro_batch_follows_memory_and_processor(
    tmp_path: Path, length: int, gigabytes: int, on_gpu: bool, packs: bool, micro: int, checkpointing: bool
) -> None:
    counted = shape(tmp_path, LLAMA_8B if on_gpu else QWEN_05B)
    found = batches.resolve(SETTINGS, counted, rows(length), on_gpu=on_gpu, memory=gigabytes * 10**9, packs=packs)
    assert found["micro_batch"].value * found["accumulation"].value == 8
    assert (found["micro_batch"].value, found["activation_checkpointing"].value) == (micro, checkpointing)


def test_the_plan_fits_80_columns_and_trains_nothing(
    curated: Callable[..., Path],
    project: Callable[..., Project],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    knowledge: Path,
) -> None:
    console.configure(quiet=False)
    plan = train(
        str(curated(preference=6)), str(tmp_path / "out"), knowledge=str(knowledge), config=project(), plan=True
    )
    printed = capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert set(plan) == {"sft", "dpo", "raft"}
    assert json.loads(json.dumps(plan)) == plan
    assert max(len(line) for line in printed.splitlines() if "Writing model" not in line) <= 80
    assert "learning_rate = 0.0005  [rule]" in printed
    assert plan["sft"]["parameters"]["trainable"] == 32_768
    assert plan["sft"]["time"]["steps"] == 9
    assert plan["dpo"]["time"]["tokens_read_per_epoch"] < plan["dpo"]["time"]["tokens_per_epoch"]  # shared prompts


def test_the_preview_shows_each_token_and_which_carry_loss(
    curated: Callable[..., Path], project: Callable[..., Project], capsys: pytest.CaptureFixture[str]
) -> None:
    console.configure(quiet=False)
    shown = train(str(curated(preference=6)), config=project(), preview=True)
    printed = capsys.readouterr().err
    assert json.loads(json.dumps(shown)) == shown
    answer = shown["sft"]["rows"][0]["answers"][0]
    assert "".join(t for t, loss in zip(answer["tokens"], answer["loss"], strict=True) if loss).endswith("<|im_end|>")
    assert "".join(answer["tokens"]).startswith("<|im_start|>system\nYou are helpful<|im_end|>")
    assert {a["name"] for a in shown["dpo"]["rows"][0]["answers"]} == {"chosen", "rejected"}
    assert shown["sft"]["totals"]["rows"] == 12
    assert "no loss" in printed
    assert "·<|im_end|>" in printed
