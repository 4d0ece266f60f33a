"""The adapters of a ladder: which rung each answers on, what its training left written, and whether it fits this base."""

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
    """A directory that PEFT can load, the name of its rung, and its training.json ({} where someone else trained it)."""

    name: str
    path: Path
    training: dict[str, Any]


def find(given: Sequence[str]) -> list[Adapter]:
    """`[NAME=]DIR` of each adapter; a directory that holds several trained ones stands for all of them.

    The rung is named by NAME, else by the method in training.json, else by the directory.

    Raises:
        UserError: no adapter there, or two adapters would have one name.
    """
    found: list[Adapter] = []
    for text in given:
        name, _, rest = text.rpartition("=")
        path = Path(rest)
        inside = [path] if (path / WEIGHTS).is_file() else sorted(p.parent for p in path.glob(f"*/{WEIGHTS}"))
        if not inside:
            raise UserError(text, f"holds no {WEIGHTS}", "Name a directory that `stepladder train` or PEFT wrote")
        found += [_read(name if name and len(inside) == 1 else "", p) for p in inside]
    names = [a.name for a in found]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice:
        raise UserError(f"--adapter {twice}", "two adapters have this name", "Give each its own: --adapter NAME=DIR")
    return found


def _read(name: str, path: Path) -> Adapter:
    training: dict[str, Any] = {}
    if (path / "training.json").is_file():
        training = json.loads((path / "training.json").read_text(encoding="utf-8"))
    return Adapter(name or str(training.get("method") or path.name), path, training)


def check_fit(adapters: Sequence[Adapter], ref: models.ModelRef, quantize: str, template: str) -> None:
    """Stop when an adapter was trained on another base, another quantisation or another chat template.

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
            if key in adapter.training and adapter.training[key] != value:
                raise UserError(
                    str(adapter.path),
                    f"was trained with {words[key]} ({adapter.training[key]}, here {value})",
                    "Evaluate with the model and settings of its training",
                )
