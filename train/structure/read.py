"""The low-rank factors of any LoRA adapter that PEFT can load, with the layer and the kind of module of each."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

_FACTOR = re.compile(r"(?P<module>.+)\.lora_(?P<embedding>embedding_)?(?P<side>[AB])(\.[\w-]+)?(\.weight)?$")
_PREFIX = "base_model.model."
_NAME = "Name the directory of a LoRA adapter: adapter_config.json beside adapter_model.safetensors"


@dataclass(frozen=True)
class Update:
    """One adapted module: its update is `scale * b @ a`, with `a` of shape (rank, in) and `b` of shape (out, rank).

    `layer` is the block's number, None outside of blocks; `kind` is the module's name within its block.
    """

    module: str
    layer: int | None
    kind: str
    a: "Tensor"
    b: "Tensor"
    scale: float

    @property
    def rank(self) -> int:
        """Columns of `b`."""
        return int(self.a.shape[0])

    @property
    def weights(self) -> int:
        """Trained weights of both factors."""
        return self.a.numel() + self.b.numel()


@dataclass(frozen=True)
class Adapter:
    """All updates of one directory, its adapter_config.json, and the weights that are trained beside the factors.

    `stacked` are modules whose factors serve several matrices at once (PEFT's `target_parameters`); they are not read.
    """

    directory: Path
    config: dict[str, Any]
    updates: list[Update]
    other_weights: int
    stacked: list[str]


def read(directory: Path) -> Adapter:
    """Read the adapter; the base model is not needed.

    Raises:
        UserError: no adapter there, one that is no LoRA, or files that cannot be read.
    """
    config = _config(directory)
    tensors = _tensors(directory)
    factors: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if found := _FACTOR.match(name):
            module = found["module"].removeprefix(_PREFIX)
            factors.setdefault(module, {})[found["side"]] = _as_matrix(tensor, found["side"], bool(found["embedding"]))
    stacked = [module for module, sides in factors.items() if _is_stacked(sides, module, config)]
    updates = [_update(module, sides, config, directory) for module, sides in factors.items() if module not in stacked]
    if not updates:
        raise UserError(str(directory), "holds no LoRA factors", _NAME)
    updates.sort(key=lambda each: (each.layer is None, each.layer or 0))
    rest = sum(tensor.numel() for name, tensor in tensors.items() if not _FACTOR.match(name))
    return Adapter(directory, config, updates, rest, stacked)


def _is_stacked(sides: "Mapping[str, Tensor]", module: str, config: Mapping[str, Any]) -> bool:
    """Whether the factors of several experts lie under each other: their height is then a multiple of the rank."""
    patterns = config.get("rank_pattern") or {}
    rank = int(_of_pattern(patterns, module, config.get("r", 1)))
    return bool(config.get("target_parameters")) and "A" in sides and sides["A"].shape[0] > rank


def _config(directory: Path) -> dict[str, Any]:
    path = directory / "adapter_config.json"
    if not path.is_file():
        what = "holds no adapter_config.json" if directory.is_dir() else "there is no such directory"
        raise UserError(str(directory), what, _NAME)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(str(path), f"is no JSON ({error})", _NAME) from error
    kind = config.get("peft_type") if isinstance(config, dict) else None
    if kind != "LORA":
        raise UserError(str(directory), f"holds no LoRA adapter but one of the type {kind}", _NAME)
    return dict(config)


def _tensors(directory: Path) -> "dict[str, Tensor]":
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    safe, pickled = directory / "adapter_model.safetensors", directory / "adapter_model.bin"
    try:
        if safe.is_file():
            return load_file(safe)
        if pickled.is_file():
            return dict(torch.load(pickled, map_location="cpu", weights_only=True))
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise UserError(str(directory), f"holds weights that cannot be read ({error})", _NAME) from error
    raise UserError(str(directory), "holds no adapter_model.safetensors", _NAME)


def _as_matrix(tensor: "Tensor", side: str, embedding: bool) -> "Tensor":
    """The factor as a float32 matrix: convolutions flattened, and an embedding's factors as those of a linear layer.

    PEFT stores an embedding's `A` as (rank, vocabulary) and `B` as (hidden, rank), which is the same form already.
    """
    tensor = tensor.float()
    if embedding or tensor.dim() == 2:
        return tensor
    return tensor.flatten(1) if side == "A" else tensor.reshape(tensor.shape[0], -1)


def _update(module: str, sides: "Mapping[str, Tensor]", config: Mapping[str, Any], directory: Path) -> Update:
    if set(sides) != {"A", "B"} or sides["A"].shape[0] != sides["B"].shape[1]:
        raise UserError(str(directory), f"holds no matching pair of lora_A and lora_B for {module}", _NAME)
    layer, kind = placed(module)
    rank = int(sides["A"].shape[0])
    return Update(module, layer, kind, sides["A"], sides["B"], _scale(module, rank, config))


def _scale(module: str, rank: int, config: Mapping[str, Any]) -> float:
    """alpha / rank, or alpha / sqrt(rank) with rsLoRA (arXiv 2312.03732); alpha_pattern is looked up as PEFT does it."""
    alpha = _of_pattern(config.get("alpha_pattern") or {}, module, config.get("lora_alpha", rank))
    return float(alpha) / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _of_pattern(patterns: Mapping[str, Any], module: str, otherwise: Any) -> Any:
    from peft.utils.other import get_pattern_key

    return patterns.get(get_pattern_key(list(patterns), module), otherwise)


def placed(module: str) -> tuple[int | None, str]:
    """The number of the block that a module belongs to, and its name within the block.

    `model.layers.3.self_attn.q_proj` is (3, `self_attn.q_proj`); experts of one block share a name, `experts.*.up`;
    a second stack of blocks (a vision tower) keeps its own in front.
    """
    parts = module.split(".")
    at = next((i for i, part in enumerate(parts) if part.isdigit()), None)
    if at is None:
        return None, parts[-1]
    inner = ["*" if part.isdigit() else part for part in parts[at + 1 :]] or [parts[-2]]
    stack = parts[:at]
    tower = next((part for part in stack if part not in _TEXT_STACK), None)
    return int(parts[at]), ".".join([*([tower] if tower else []), *inner])


_TEXT_STACK = {"model", "transformer", "layers", "h", "decoder", "blocks", "block", "language_model", "gpt_neox"}
