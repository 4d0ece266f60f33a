import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from stepladder import cli, models
from stepladder.errors import UserError
from stepladder.train.export import agreement, gguf_file, merged, origin, probes
from stepladder.train.export.command import export

PROMPTS = [
    {"id": f"p{i}", "prompt": [{"role": "user", "content": f"when does ferry {i} leave ?"}],
     "completion": [{"role": "assistant", "content": f"the ferry leaves at {i} ."}]}
    for i in range(3)
]  # fmt: skip


@pytest.fixture(scope="module", params=["none", "nf4"])
def adapter(request: pytest.FixtureRequest, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter large enough to change answers, on the plain and on the 4-bit base, with what training writes of it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("run") / "train" / "sft"
    torch.manual_seed(1)
    config = LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), config).save_pretrained(folder)
    ref = models.resolve(str(tiny_model))
    training = {"method": "sft", "base": str(tiny_model), "base_sha256": ref.sha256, "quantize": request.param}
    (folder / "training.json").write_text(json.dumps(training))
    dev = folder.parents[1] / "curate" / "sft" / "dev.jsonl"
    dev.parent.mkdir(parents=True)
    dev.write_text("".join(json.dumps(row) + "\n" for row in PROMPTS))
    return folder


def test_merged_is_loaded_by_transformers_alone_and_answers_as_the_adapter(adapter, tmp_path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    document = export(str(adapter), to="merged", out=str(tmp_path / "out"))
    check = document["checks"]["transformers"]
    assert (check["prompts"], check["same_answers"], check["differences"]) == (3, 3, [])
    assert check["loss"]["before"] == pytest.approx(check["loss"]["after"], abs=1e-4)
    assert document["prompts_from"].endswith("dev.jsonl")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert not hasattr(model.config, "quantization_config")
    assert model.generation_config.eos_token_id == 2
    assert AutoTokenizer.from_pretrained(tmp_path / "out").chat_template
    assert json.loads((tmp_path / "out" / "export.json").read_text())["checks"] == document["checks"]
    assert "3 of 3" in (tmp_path / "out" / "README.md").read_text()


def test_a_4_bit_adapter_merged_into_the_plain_base_is_found_out(adapter, tiny_model) -> None:
    found = origin.find(adapter)
    if found.quantize == "none":
        pytest.skip("for the 4-bit base")
    asked, _ = probes.choose(adapter, None, None)
    model, tokenizer = origin.load(found)
    wrong, _ = origin.load(origin.Origin(adapter, str(tiny_model), "none", {}, found.sha256, True))
    before = agreement.read(model, tokenizer, asked)
    after = agreement.read(merged.merge(wrong), tokenizer, asked, along=before)
    assert agreement.compare(before, after, tokenizer, allowed=merged.ALLOWED).faults


@pytest.mark.parametrize("weights", ["f16", "q8_0"])
def test_gguf_carries_template_and_stop_token_and_answers_as_the_adapter(adapter, tmp_path, weights) -> None:
    from gguf import GGUFReader

    document = export(str(adapter), to="gguf", out=str(tmp_path / weights), weights=weights)
    assert document["checks"]["transformers"]["differences"] == []
    reader = GGUFReader(tmp_path / weights / "model.gguf")
    assert reader.fields["tokenizer.ggml.eos_token_id"].contents() == 2
    assert "<|im_start|>" in reader.fields["tokenizer.chat_template"].contents()
    assert reader.fields["tokenizer.ggml.pre"].contents() == "gpt-2"
    types = {t.name: t.tensor_type.name for t in reader.tensors}
    assert types["blk.0.attn_q.weight"] == {"f16": "F16", "q8_0": "Q8_0"}[weights]
    assert types["output_norm.weight"] == "F32"
    assert "output.weight" not in types  # tied to the embedding


def test_rows_of_q_left_in_the_order_of_transformers_are_found_out(tiny_model, tmp_path, monkeypatch) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(8.0 if weight.ndim == 2 else 1.0)  # as it is drawn, it pays next to no attention to anything
    strong = shutil.copytree(tiny_model, tmp_path / "strong")
    model.save_pretrained(strong)
    export(str(strong), to="gguf", out=str(tmp_path / "right"))
    monkeypatch.setattr(gguf_file, "_as_gguf", lambda key, weight, config: weight)
    with pytest.raises(UserError, match="is not the adapter's"):
        export(str(strong), to="gguf", out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_an_answer_that_ends_elsewhere_and_a_tie_are_told_apart(tiny_model) -> None:
    import torch

    tokenizer = models.load_tokenizer(models.resolve(str(tiny_model)))
    logits = torch.tensor([[0.0, 1.0, 0.995, 0.0], [0.0, 0.0, 9.0, 0.0]])

    def reading(answer: tuple[int, ...], changed: float = 0.0) -> agreement.Reading:
        own = logits.clone()
        own[0, 2] += changed
        return agreement.Reading((1,), answer, own, None)

    def faults(other: agreement.Reading) -> list[str]:
        return agreement.compare([reading((1, 2))], [other], tokenizer, allowed=0.01).faults

    assert faults(reading((1, 2))) == []
    assert faults(reading((2, 2), changed=0.008)) == []  # both tokens stood within the allowance
    assert "ends elsewhere" in faults(reading((1, 2, 3)))[0]
    assert any("another token is preferred" in f for f in faults(reading((3, 2))))
    assert "a logit differs by 1" in faults(reading((1, 2), changed=-1.0))[0]


def test_a_base_that_has_changed_since_the_training_is_refused(adapter, tmp_path) -> None:
    copy = shutil.copytree(adapter, tmp_path / "sft")
    training = json.loads((copy / "training.json").read_text())
    (copy / "training.json").write_text(json.dumps({**training, "base_sha256": "0"}))
    with pytest.raises(UserError, match="with another weights"):
        export(str(copy), to="merged")
    assert os.listdir(tmp_path) == ["sft"]


def test_without_dev_rows_our_own_questions_follow_the_system_turn_of_the_training(tmp_path) -> None:
    asked, where = probes.choose(tmp_path / "a" / "b", None, "be short")
    assert where == "questions of Stepladder's own"
    assert len(asked) == probes.COUNT
    assert {p.prompt[0]["content"] for p in asked} == {"be short"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"to": "merge"}, "Did you mean 'merged'"),
        ({"to": "merged", "repo": "a/b"}, "--repo: is not used by --to merged"),
        ({"to": "merged", "weights": "f16"}, "--weights: is not used by --to merged"),
        ({"to": "hub", "out": "x", "repo": "a/b"}, "--out: is not used by --to hub"),
        ({"to": "hub"}, "the hub needs a name"),
        ({"to": "merged", "prompts": "nowhere.jsonl"}, "there is no such file"),
    ],
)
def test_options_that_do_not_go_together_are_told(adapter, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        export(str(adapter), **options)


def test_the_hub_without_a_login_is_told(adapter, monkeypatch) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(UserError, match="nobody is logged in"):
        export(str(adapter), to="hub", repo="a/b")


def test_the_command_names_the_adapters_of_a_directory_that_holds_several(adapter, capsys) -> None:
    assert cli.main(["export", str(adapter.parent), "--to", "merged"]) == 2
    assert "Name one of the adapters in it: sft" in capsys.readouterr().err
