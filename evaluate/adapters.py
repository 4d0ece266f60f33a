"""What was trained: which rung each adapter or whole model answers on, what its training left written, whether it fits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepladder import models
from stepladder.errors import UserError

WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True)
class Adapter:
    """A directory that PEFT can load, or a whole model of the same base; its rung, and its training.json ({} without one)."""

    name: str
    path: Path
    training: dict[str, Any]

    @property
    def is_whole(self) -> bool:
        """Whether every weight is there, as `full` writes them, so that no base is needed to answer."""
        return is_whole(self.path)

    @property
    def sha256(self) -> str:
        """Hash of the weights and what goes with them."""
        return models.resolve(str(self.path)).sha256 if self.is_whole else models.adapter_hash(self.path)


def is_whole(path: Path) -> bool:
    """Whether the directory holds a model that answers by itself, and no adapter."""
    return (path / "config.json").is_file() and not (path / WEIGHTS).is_file()


def find(given: Sequence[str]) -> list[Adapter]:
    """`[NAME=]DIR` of each adapter or whole model; a directory that holds several trained ones stands for all of them.

    Reward models write no answers, and are passed over among several.

    The rung is named by NAME, else by the method in training.json, else by the directory.

    Raises:
        UserError: no adapter there, or two adapters would have one name.
    """
    found: list[Adapter] = []
    for text in given:
        name, _, rest = text.rpartition("=")
        path = Path(rest)
        inside = [path] if _is_trained(path) else sorted(p for p in path.glob("*") if _is_trained(p))
        if not inside:
            raise UserError(text, f"holds no {WEIGHTS}", "Name a directory that `stepladder train` or PEFT wrote")
        read = [_read(name if name and len(inside) == 1 else "", p) for p in inside]
        found += [one for one in read if one.training.get("method") != "reward"]
    names = [a.name for a in found]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise UserError(f"--adapter {twice}", "two adapters have this name", "Give each its own: --adapter NAME=DIR")
    return found


def _is_trained(path: Path) -> bool:
    return (path / WEIGHTS).is_file() or is_whole(path)


def _read(name: str, path: Path) -> Adapter:
    training: dict[str, Any] = {}
    if (path / "training.json").is_file():
        training = json.loads((path / "training.json").read_text(encoding="utf-8"))
    return Adapter(name or str(training.get("method") or path.name), path, training)


def check_fit(adapters: Sequence[Adapter], ref: models.ModelRef, quantize: str, template: str) -> None:
    """Stop when an adapter was trained on another base, another quantisation or another chat template.

    A whole model is never quantised: that is told as a difference of its rung, and is no fault.

    Raises:
        UserError: the comparison would not be one; says what differs.
    """
    expected = {"base_sha256": ref.sha256, "quantize": quantize, "template_sha256": template}
    words = {
        "base_sha256": "another base model",
        "quantize": "another quantisation",
        "template_sha256": "another chat template",
    }
    for adapter in adapters:
        for key, value in expected.items():
            if key == "quantize" and adapter.is_whole:
                continue
            if key in adapter.training and adapter.training[key] != value:
                raise UserError(
                    str(adapter.path),
                    f"was trained with {words[key]} ({adapter.training[key]}, here {value})",
                    "Evaluate with the model and settings of its training",
                )
