"""One look at the real default model: two steps move it, and the adapter stops where it should."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stepladder.config import Project
from stepladder.train.command import train


@pytest.mark.uses_model_cache
def test_smollm2_learns_from_four_rows(curated: Callable[..., Path], tmp_path: Path) -> None:
    train(str(curated(sft=4, dev=2)), str(tmp_path / "out"), method="sft", config=Project(), quick=True)
    found = json.loads((tmp_path / "out" / "training.json").read_text())
    assert found["quantize"] == "nf4"
    assert found["parameters"]["base"] == 134_515_008
    assert found["parameters"]["trainable"] == 4_884_480
    assert found["settings"]["packed"]["value"] is True
    assert found["dev"][-1]["loss"] < found["dev"][0]["loss"] - 0.1
    assert "HuggingFaceTB/SmolLM2-135M-Instruct" in (tmp_path / "out" / "README.md").read_text()
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "smollm2-135m-instruct"
