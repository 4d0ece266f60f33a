"""SFT end to end on the tiny model: pinned losses, what is written, and the traps of 4-bit bases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from stepladder import models, rundir
from stepladder.config import LoraConfig, Project
from stepladder.errors import UserError
from stepladder.train import adapter, batches, checkpoints, fit, memory
from stepladder.train.command import train

Curated = Callable[..., Path]
Make = Callable[..., Project]


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


# Losses of the first steps, which no change of the code may move. Tolerance: other processors round otherwise.
PINNED = [5.94664, 5.92573, 5.90256]


@pytest.fixture
def trained(curated: Curated, project: Make, tmp_path: Path) -> Path:
    train(str(curated()), str(tmp_path / "out"), method="sft", config=project())
    return tmp_path / "out"


def test_the_first_losses_are_pinned_and_training_learns(trained: Path) -> None:
    found = record(trained)
    assert [entry["loss"] for entry in found["log"][:3]] == pytest.approx(PINNED, abs=2e-4)
    assert [entry["step"] for entry in found["log"]] == list(range(1, 10))
    assert found["dev"][-1]["loss"] < found["dev"][0]["loss"]
    assert [entry["step"] for entry in found["dev"]] == [0, 3, 6, 9]


def test_nothing_is_cut_dropped_or_rendered_twice(trained: Path) -> None:
    found = record(trained)
    assert sum(entry["tokens"] for entry in found["log"]) == 3 * found["data"]["tokens"]
    assert found["data"]["train_rows"] == 12


def test_the_record_holds_what_evaluation_and_report_need(trained: Path) -> None:
    found = record(trained)
    assert found["method"] == "sft"
    assert found["quantize"] == "none"
    assert found["parameters"]["trainable"] == 32_768  # 16 x 2 layers x sum of (in + out) over the seven projections
    assert found["parameters"]["by_layer"]["q_proj"] == 2 * 16 * (64 + 64)
    assert found["adapter_sha256"] == models.adapter_hash(trained)
    assert found["seconds_total"] == pytest.approx(sum(found["seconds"].values()), abs=0.02)
    assert found["tokens_per_second"] > 0
    assert found["peak_memory_mb"] > 100
    assert found["best"]["chosen_by"] == "dev loss"
    assert {"loss", "learning_rate", "grad_norm", "tokens", "seconds"} <= set(found["log"][0])
    assert "entropy" not in found["log"][0]
    assert rundir.read_manifest(trained)["complete"] is True


def test_the_adapter_loads_as_plain_peft_and_is_the_best_epochs(trained: Path, tiny_model: Path) -> None:
    from peft import PeftModel
    from safetensors.torch import load_file
    from transformers import AutoTokenizer

    base = models.load_model(models.resolve(str(tiny_model)), "none")
    ids = torch.tensor([[1, 10, 11]])
    before = base(ids).logits
    loaded = PeftModel.from_pretrained(base, str(trained))
    assert (loaded(ids).logits - before).abs().max() > 1e-3
    assert (
        AutoTokenizer.from_pretrained(trained).chat_template == AutoTokenizer.from_pretrained(tiny_model).chat_template
    )
    best = checkpoints.of_step(trained / "checkpoints", record(trained)["best"]["step"])
    kept, weights = load_file(best / "adapter_model.safetensors"), load_file(trained / "adapter_model.safetensors")
    assert all(torch.equal(kept[name], weight) and weight.dtype == torch.float32 for name, weight in weights.items())
    assert json.loads((trained / "adapter_config.json").read_text())["base_model_name_or_path"] == str(tiny_model)


def test_every_epochs_adapter_is_kept_without_the_optimizers_state(trained: Path) -> None:
    kept = sorted(p.name for p in (trained / "checkpoints").glob("checkpoint-*"))
    assert kept == ["checkpoint-3", "checkpoint-6", "checkpoint-9"]
    assert not list(trained.glob("checkpoints/*/optimizer.pt"))


def test_the_card_names_base_method_and_how_to_load(trained: Path, tiny_model: Path) -> None:
    text = (trained / "README.md").read_text()
    assert text.startswith(f"---\nbase_model: {tiny_model}\nlibrary_name: peft\n")
    assert 'PeftModel.from_pretrained(model, ".")' in text
    assert "BitsAndBytesConfig" not in text
    code = text.split("```python\n")[1].split("```")[0]
    compile(code, "README.md", "exec")


def test_unchanged_inputs_are_not_trained_again_and_a_change_is(
    curated: Curated, project: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, rows = tmp_path / "out", curated()
    train(str(rows), str(out), method="sft", config=project(train__epochs=1))
    before = (out / "training.json").stat().st_mtime_ns
    train(str(rows), str(out), method="sft", config=project(train__epochs=1, train__dpo__beta=0.3))
    assert (out / "training.json").stat().st_mtime_ns == before
    assert "unchanged" in capsys.readouterr().err
    train(str(rows), str(out), method="sft", config=project(train__epochs=1, seed=1))
    assert record(out)["settings"]["seed"]["value"] == 1


def test_padding_is_masked_by_length_so_that_the_end_token_stays_trained() -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from stepladder.train.examples import Example
    from stepladder.train.methods.sft import dataset

    rows = dataset([Example("a", [1, 5], ([7, 8, 9, 2],)), Example("b", [1], ([7, 2],))])
    batch = DataCollatorForLanguageModeling(pad_token_id=2)([dict(row) for row in rows])
    assert batch["labels"].tolist() == [[-100, -100, 7, 8, 9, 2], [-100, 7, 2, -100, -100, -100]]
    assert batch["attention_mask"].tolist()[1] == [1, 1, 1, 0, 0, 0]


class Test4Bit:
    @pytest.fixture
    def model(self, tiny_model: Path) -> Any:
        base = models.load_model(models.resolve(str(tiny_model)), "nf4")
        return adapter.attach(base, adapter.lora_config(LoraConfig(dropout=0.0)))

    def test_every_module_is_guarded_on_every_processor(self, model: Any) -> None:
        flags = [m.support_avx512bf16_for_cpu for m in model.modules() if hasattr(m, "support_avx512bf16_for_cpu")]
        assert flags == [False] * 14
        next(m for m in model.modules() if hasattr(m, "support_avx512bf16_for_cpu")).support_avx512bf16_for_cpu = True
        with pytest.raises(AssertionError, match="1 4-bit modules are not guarded"):
            adapter.assert_guarded(model)

    def test_gradients_survive_an_eval_forward_and_a_state_dict(self, model: Any) -> None:
        ids = torch.tensor([[1, 10, 11, 12]])
        with torch.no_grad():
            model.eval()(input_ids=ids)
        model.state_dict()
        model.train()(input_ids=ids, labels=ids).loss.backward()
        assert adapter.untrained(model) == []

    def test_a_silent_layer_is_found(self, model: Any) -> None:
        ids = torch.tensor([[1, 10, 11, 12]])
        model.train()(input_ids=ids, labels=ids).loss.backward()
        name, silent = next((n, p) for n, p in model.named_parameters() if "lora_B" in n)
        silent.grad = torch.zeros_like(silent)
        assert adapter.untrained(model) == [name]

    def test_adapters_stay_float32_and_exact_though_trl_rounds_them(
        self, curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: dict[str, Any] = {}
        kept, put_back = adapter.weights, adapter.restore

        def weights(model: Any) -> Any:
            seen["before"] = kept(model)
            return seen["before"]

        def restore(model: Any, given: Any) -> None:
            seen["rounded"] = {p.dtype for p in model.parameters() if p.requires_grad}
            put_back(model, given)
            seen["after"] = kept(model)
            adapter.assert_float32(model)

        monkeypatch.setattr(adapter, "weights", weights)
        monkeypatch.setattr(adapter, "restore", restore)
        given = project(train__quantize="nf4", train__epochs=1)
        train(str(curated()), str(tmp_path / "out"), method="sft", config=given)
        assert seen["rounded"] == {torch.bfloat16}  # when TRL stops doing this, `restore` can go
        assert all(torch.equal(seen["before"][name], weight) for name, weight in seen["after"].items())
        assert "BitsAndBytesConfig" in (tmp_path / "out" / "README.md").read_text()


def test_held_unpacked_or_in_4_bits_the_losses_are_the_same(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = project(train__quantize="nf4", train__args={"max_steps": 4, "gradient_checkpointing": False})
    logs = []
    for gigabytes in (64, 1):
        monkeypatch.setattr(memory, "total_memory", lambda on_gpu, n=gigabytes: n * 10**9)
        monkeypatch.setattr(batches, "_best_on_cpu", lambda sizes, rows, packed: 1)
        train(str(curated()), str(tmp_path / str(gigabytes)), method="sft", config=given)
        logs.append([entry["loss"] for entry in record(tmp_path / str(gigabytes))["log"]])
    assert logs[0] == pytest.approx(logs[1], abs=1e-5)


def test_a_loss_that_is_no_number_stops_with_a_clear_error(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = adapter.attach

    def broken(*args: Any, **kwargs: Any) -> Any:
        model = attach(*args, **kwargs)
        with torch.no_grad():
            next(p for n, p in model.named_parameters() if "lora_B" in n).fill_(float("nan"))
        return model

    monkeypatch.setattr(fit.adapter, "attach", broken)
    with pytest.raises(UserError, match="the loss became nan at step 1"):
        train(str(curated(dev=0)), str(tmp_path / "out"), method="sft", config=project(train__args={"max_steps": 2}))


def test_a_directory_of_someone_elses_is_left_alone(curated: Curated, project: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        train(str(curated()), str(tmp_path / "out"), method="sft", config=project())


def test_out_is_asked_for(curated: Curated, project: Make) -> None:
    with pytest.raises(UserError, match="--out: is missing"):
        train(str(curated()), method="sft", config=project())


def test_a_plain_data_file_can_be_trained_on(project: Make, tmp_path: Path) -> None:
    rows = tmp_path / "answers.jsonl"
    rows.write_text(
        "".join(json.dumps({"prompt": f"dogs {i} ?", "completion": f"yes , {i} ."}) + "\n" for i in range(8))
    )
    train(str(rows), str(tmp_path / "out"), method="sft", config=project(train__epochs=1, system="you are the desk"))
    found = record(tmp_path / "out")
    assert found["best"]["chosen_by"].startswith("the last epoch")
    assert found["data"]["dev_rows"] == 0


def test_quick_takes_a_small_part(curated: Curated, project: Make, tmp_path: Path) -> None:
    given = project(quick__train=6, quick__dev=2)
    train(str(curated()), str(tmp_path / "out"), method="sft", config=given, quick=True)
    found = record(tmp_path / "out")
    assert (found["data"]["train_rows"], found["data"]["dev_rows"]) == (6, 2)
    assert found["settings"]["epochs"]["value"] == 2


def test_several_methods_do_not_mix_with_a_single_ones_adapter(trained: Path, curated: Curated, project: Make) -> None:
    with pytest.raises(UserError, match="holds the adapter or model of a single method"):
        train(str(curated(preference=4)), str(trained), method="sft+dpo", config=project())


def test_checkpointed_activations_give_the_same_losses(trained: Path, curated: Curated, project: Make) -> None:
    again = trained.parent / "again"
    given = project(train__args={"gradient_checkpointing": True, "max_steps": 3})
    train(str(curated()), str(again), method="sft", config=given)
    assert record(again)["settings"]["activation_checkpointing"]["value"] is True
    assert record(again)["log"][0]["loss"] == pytest.approx(PINNED[0], abs=2e-4)
