"""KTO on the tiny model: what it starts from, its two weights, its mismatched answers, and what it learns."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from stepladder import models
from stepladder.config import KtoConfig, Project
from stepladder.errors import UserError
from stepladder.train import settings, watch
from stepladder.train.command import train
from stepladder.train.examples import Example
from stepladder.train.methods import kto
from stepladder.train.settings import Facts

from .conftest import write
from .test_resume import Killed, assert_same, die, kill_at

Curated = Callable[..., Path]
Make = Callable[..., Project]


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


@pytest.fixture
def trained(curated: Curated, project: Make, tmp_path: Path) -> Path:
    given = project(train__epochs=1, train__kto=KtoConfig(learning_rate=5e-3, epochs=3))
    train(str(curated(unpaired=13, dev=8)), str(tmp_path / "out"), method="sft+kto", config=given)
    return tmp_path / "out"


PINNED = [0.5, 1.05476, 0.72914]  # 0.5: nothing has moved yet, and the first batch holds liked answers alone


def test_the_first_losses_are_pinned_and_training_learns(trained: Path) -> None:
    found = record(trained / "kto")
    assert [entry["loss"] for entry in found["log"][:3]] == pytest.approx(PINNED, abs=2e-4)
    start, best = found["dev"][0], next(e for e in found["dev"] if e["step"] == found["best"]["step"])
    assert best["rewards/chosen"] > best["rewards/rejected"]
    assert best["loss"] < start["loss"]


def test_it_starts_from_the_sft_adapter_which_is_the_reference_too(trained: Path, tiny_model: Path) -> None:
    found = record(trained / "kto")
    assert found["started_from"] == str(trained / "sft")
    start = found["dev"][0]
    assert (start["rewards/chosen"], start["rewards/rejected"], start["kl"]) == (0, 0, 0)
    weights = [found["settings"][f"{name}_weight"]["value"] for name in ("desirable", "undesirable")]
    assert start["loss"] == pytest.approx(0.5 * (6 * weights[0] + 2 * weights[1]) / 8, abs=1e-6)  # 1 - sigmoid(0)
    base = models.load_model(models.resolve(str(tiny_model)), "none")
    ids = torch.tensor([[1, 10, 11]])
    with torch.no_grad():
        other = PeftModel.from_pretrained(base, str(trained / "kto"))(ids).logits
    base = models.load_model(models.resolve(str(tiny_model)), "none")
    with torch.no_grad():
        first = PeftModel.from_pretrained(base, str(trained / "sft"))(ids).logits
    assert (other - first).abs().max() > 1e-3


def test_what_is_told_of_liked_answers_is_their_average_alone(trained: Path, tiny_model: Path) -> None:
    from stepladder.rendering import render
    from stepladder.train.source import load

    ref = models.resolve(str(tiny_model))
    tokenizer = models.load_tokenizer(ref)
    adapted = PeftModel.from_pretrained(models.load_model(ref, "none"), str(trained / "sft"))
    sums: dict[bool, list[float]] = {True: [], False: []}
    for row in load(trained.parent / "curated", "unpaired").dev:
        rendered = render(tokenizer, row.prompt, row.answers["completion"])
        ids = torch.tensor([[*rendered.prompt_ids, *rendered.completion_ids]])
        with torch.no_grad():
            scores = adapted(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
        sums[bool(row.label)].append(float(scores[-len(rendered.completion_ids) :].sum()))
    start = record(trained / "kto")["dev"][0]
    for name, liked in (("chosen", True), ("rejected", False)):
        assert start[f"logps/{name}"] == pytest.approx(sum(sums[liked]) / len(sums[liked]), abs=2e-3)


def test_without_an_sft_adapter_it_starts_from_the_base(curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(train__kto__epochs=1)
    train(str(curated(sft=0, unpaired=8)), str(tmp_path / "out"), method="kto", config=given)
    found = record(tmp_path / "out")
    assert found["started_from"] is None
    assert found["dev"][0]["rewards/chosen"] == 0
    assert found["parameters"]["trainable"] == 32_768


@pytest.mark.parametrize(
    ("liked", "disliked", "up", "down"),
    [(10, 10, 1, 1), (40, 30, 1, 1), (50, 30, 1, 1.6667), (75, 25, 1, 3), (20, 30, 1.5, 1), (1, 400, 400, 1)],
)
def test_the_rarer_label_weighs_more_unless_the_papers_ratio_holds(
    liked: int, disliked: int, up: float, down: float
) -> None:
    facts = Facts(10**8, 2048, rows=liked + disliked, longest=100, on_gpu=False, quick=False, liked=liked)
    found = settings.resolve("kto", Project(), facts)
    assert (found["desirable_weight"].value, found["undesirable_weight"].value) == (up, down)
    assert 1 - 1e-3 <= up * liked / (down * disliked) <= 4 / 3 + 1e-3


def test_no_prompt_meets_its_own_answer_and_the_order_is_drawn_by_the_seed() -> None:
    rows = [Example(str(i), [i], ([100 + i],), label=i % 2 == 0) for i in range(5)]
    found = [kto.dataset(rows, seed=seed).to_dict() for seed in (0, 0, 1)]
    assert found[0] == found[1] != found[2]
    own = list(zip(found[0]["prompt_ids"], found[0]["completion_ids"], found[0]["KL_completion_ids"], strict=True))
    assert all(answer == [100 + prompt[0]] != other for prompt, answer, other in own)
    assert sorted(found[0]["KL_completion_ids"]) == sorted(found[0]["completion_ids"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"train__batch": 1}, r"train\.batch: is 1"),
        ({"train__args": {"kto": {"per_device_train_batch_size": 1}}}, "is 1"),
    ],
)
def test_one_answer_at_a_time_is_refused(
    curated: Curated, project: Make, tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UserError, match=says):
        train(str(curated(unpaired=8)), str(tmp_path / "out"), method="kto", config=project(**options))


def test_long_answers_still_go_two_at_a_time(curated: Curated, project: Make, tmp_path: Path) -> None:
    rows = [{"id": f"u{n}", "prompt": f"say {n}", "completion": "hello " * 700, "label": n % 2 == 0} for n in range(4)]
    write(tmp_path / "long.jsonl", rows)
    plan = train(str(tmp_path / "long.jsonl"), method="kto", config=project(), plan=True)
    assert plan["kto"]["settings"]["micro_batch"]["value"] == 2


@pytest.mark.parametrize("label", [True, False])
def test_answers_of_one_kind_are_refused(project: Make, tmp_path: Path, label: bool) -> None:
    write(tmp_path / "one.jsonl", [{"id": f"{n}", "prompt": "a", "completion": "b", "label": label} for n in range(4)])
    with pytest.raises(UserError, match=f"all 4 answers have the label {str(label).lower()}"):
        train(str(tmp_path / "one.jsonl"), str(tmp_path / "out"), method="kto", config=project())


def test_an_adapter_on_4_bits_keeps_its_float32(curated: Curated, project: Make, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    given = project(train__quantize="nf4", train__kto__epochs=1)
    train(str(curated(sft=0, unpaired=8)), str(tmp_path / "out"), method="kto", config=given)
    kept = load_file(tmp_path / "out" / "adapter_model.safetensors")
    assert {weight.dtype for weight in kept.values()} == {torch.float32}
    assert not any(torch.equal(weight, weight.bfloat16().float()) for name, weight in kept.items() if "lora_A" in name)


def test_a_killed_run_ends_with_the_bits_of_an_uninterrupted_one(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, given = str(curated(sft=0, unpaired=13)), project()
    train(rows, str(tmp_path / "whole"), method="kto", config=given)
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    kill_at(monkeypatch, 5, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), method="kto", config=given)
    train(rows, str(tmp_path / "killed"), method="kto", config=given)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_apo_needs_no_mismatched_answers(curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(train__kto__epochs=1, train__args={"loss_type": "apo_zero_unpaired"})
    train(str(curated(sft=0, unpaired=8)), str(tmp_path / "out"), method="kto", config=given)
    assert {entry["kl"] for entry in record(tmp_path / "out")["log"]} == {0}
