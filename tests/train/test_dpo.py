"""DPO on the SFT adapter: the reference, the first loss, the gradients, and honest averages."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from stepladder import models
from stepladder.config import Project
from stepladder.errors import UserError
from stepladder.train import fit
from stepladder.train.command import train
from stepladder.train.watch import Watch

Curated = Callable[..., Path]
Make = Callable[..., Project]


def both(curated: Curated, given: Project, out: Path, **rows: int) -> dict[str, Any]:
    train(str(curated(preference=6, **rows)), str(out), method="sft+dpo", config=given)
    found: dict[str, Any] = json.loads((out / "dpo" / "training.json").read_text())
    return found


@pytest.fixture
def strong(project: Make) -> Make:
    """A project whose few steps move something: rates a hundred times the usual."""

    def make(**options: Any) -> Project:
        return project(train__learning_rate=0.02, train__dpo__learning_rate=0.002, **options)

    return make


@pytest.mark.parametrize("quantize", ["none", "nf4"])
def test_the_first_loss_is_ln_2_and_training_prefers_the_chosen(
    curated: Curated, strong: Make, tmp_path: Path, quantize: str
) -> None:
    found = both(curated, strong(train__quantize=quantize), tmp_path / "out")
    assert found["log"][0]["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert found["log"][0]["rewards/margins"] == pytest.approx(0, abs=1e-4)
    assert found["dev"][0]["step"] == 0
    assert found["dev"][0]["loss"] == pytest.approx(math.log(2))
    assert found["dev"][-1]["loss"] < math.log(2)
    assert found["dev"][-1]["rewards/margins"] > 0
    assert found["started_from"] == str(tmp_path / "out" / "sft")


def test_the_reference_is_the_sft_adapter_and_not_the_bare_base(
    curated: Curated, strong: Make, tmp_path: Path, tiny_model: Path
) -> None:
    found = both(curated, strong(), tmp_path / "out")
    from peft import PeftModel

    from stepladder.train import source
    from stepladder.train.examples import examples

    ref = models.resolve(str(tiny_model))
    rows = source.load(tmp_path / "curated", "preference").dev
    made = examples(models.load_tokenizer(ref), rows, ends=frozenset({2}), limit=512)

    def mean(model: Any) -> float:
        with torch.no_grad():
            return sum(_log_prob(model, e.prompt_ids, e.answers[0]) for e in made) / len(made)

    base = models.load_model(ref, "none")
    of_base = mean(base)
    of_sft = mean(PeftModel.from_pretrained(base, str(tmp_path / "out" / "sft")).eval())
    assert found["dev"][0]["logps/chosen"] == pytest.approx(of_sft, abs=1e-3)
    assert abs(of_sft - of_base) > 0.03


def _log_prob(model: Any, prompt: list[int], answer: list[int]) -> float:
    logits = model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
    return float(logits.log_softmax(-1).gather(1, torch.tensor(answer)[:, None]).sum())


def test_no_copy_of_the_reference_is_left_behind(curated: Curated, strong: Make, tmp_path: Path) -> None:
    both(curated, strong(), tmp_path / "out")
    assert not [p for p in (tmp_path / "out").rglob("ref") if p.is_dir()]
    from safetensors.torch import load_file

    sft, dpo = (load_file(tmp_path / "out" / name / "adapter_model.safetensors") for name in ("sft", "dpo"))
    assert set(sft) == set(dpo)
    assert all(not torch.equal(weight, dpo[name]) for name, weight in sft.items())  # every adapter weight was trained


def test_reward_accuracy_is_over_rows_and_not_over_batches(curated: Curated, strong: Make, tmp_path: Path) -> None:
    found = both(curated, strong(), tmp_path / "out", dev=5)  # batches of 4 and 1
    for entry in found["dev"][1:]:
        right = entry["rewards/accuracies"] * 5
        assert right == pytest.approx(round(right), abs=1e-6)


def test_averages_weigh_each_batch_by_its_rows() -> None:
    from stepladder.train.trainers import _mean

    assert _mean([1.0, 0.0], [4, 1]) == 0.8


def test_a_reference_that_is_not_the_start_stops_the_run() -> None:
    watch = Watch(expected_start=math.log(2))
    watch._check_first(0.69315, 1)
    with pytest.raises(AssertionError, match="the reference is not the start"):
        watch._check_first(0.6923, 1)
    watch._check_first(0.5, 2)


def test_a_changed_sft_adapter_trains_dpo_anew(curated: Curated, strong: Make, tmp_path: Path) -> None:
    first = both(curated, strong(), tmp_path / "out")
    second = both(curated, strong(seed=1), tmp_path / "out")
    assert first["data"]["inputs"]["adapter"] != second["data"]["inputs"]["adapter"]


def test_dpo_alone_finds_the_sft_adapter_beside_it(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = str(curated(preference=6))
    train(rows, str(tmp_path / "sft"), method="sft", config=project(train__epochs=1))
    done = train(rows, str(tmp_path / "dpo"), method="dpo", config=project(train__dpo__epochs=1))
    assert done["methods"]["dpo"]["directory"] == str(tmp_path / "dpo")
    monkeypatch.setattr(fit, "fit", lambda *a: pytest.fail("trained again"))
    train(rows, str(tmp_path / "dpo"), method="dpo", config=project(train__dpo__epochs=1))


def test_an_adapter_of_another_quantisation_is_refused(curated: Curated, project: Make, tmp_path: Path) -> None:
    rows = str(curated(preference=6))
    train(rows, str(tmp_path / "sft"), method="sft", config=project(train__epochs=1))
    with pytest.raises(UserError, match=r"another quantisation \(none, here nf4\)"):
        train(rows, str(tmp_path / "dpo"), method="dpo", config=project(train__quantize="nf4"))


def test_the_continued_adapters_own_size_is_what_is_recorded(curated: Curated, project: Make, tmp_path: Path) -> None:
    rows = str(curated(preference=6))
    train(rows, str(tmp_path / "sft"), method="sft", config=project(train__epochs=1, train__lora__rank=4))
    train(rows, str(tmp_path / "dpo"), method="dpo", config=project(train__dpo__epochs=1))
    found = json.loads((tmp_path / "dpo" / "training.json").read_text())
    assert found["settings"]["rank"]["value"] == 4
    assert found["parameters"]["trainable"] == 32_768 // 4


def test_another_loss_starts_where_it_starts(curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(train__args={"dpo": {"loss_type": ["hinge"]}}, train__epochs=1, train__dpo__epochs=1)
    found = both(curated, given, tmp_path / "out")
    assert found["log"][0]["loss"] == pytest.approx(1, abs=1e-5)
    assert found["dev"][0]["loss"] == pytest.approx(1, abs=1e-5)


def test_quick_can_leave_dpo_out(curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(quick__preference=0, quick__train=4)
    done = train(str(curated(preference=6)), str(tmp_path / "out"), config=given, quick=True)
    assert set(done["methods"]) == {"sft"}
