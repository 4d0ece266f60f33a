"""The LoRA adapter: made, loaded, kept in float32, and proved to be trained in every layer."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from stepladder import models
from stepladder.config import LoraConfig as Wanted
from stepladder.errors import UserError

if TYPE_CHECKING:
    import torch
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel

NAME = "default"  # TRL trains the adapter of this name
FILES = ("adapter_model.safetensors", "adapter_config.json")


def lora_config(wanted: Wanted, *, task: Literal["CAUSAL_LM", "SEQ_CLS"] = "CAUSAL_LM") -> "LoraConfig":
    """PEFT's configuration of an adapter; with SEQ_CLS the output layer is trained and kept beside it."""
    from peft import LoraConfig

    return LoraConfig(
        r=wanted.rank,
        lora_alpha=wanted.alpha,
        lora_dropout=wanted.dropout,
        target_modules=wanted.targets,
        use_rslora=wanted.rslora,
        use_dora=wanted.dora,
        task_type=task,
    )


def config_of(directory: Path) -> "LoraConfig":
    """The configuration of a trained adapter.

    Raises:
        UserError: no adapter there, or one that is no LoRA.
    """
    from peft import LoraConfig, PeftConfig

    models.adapter_hash(directory)
    found = PeftConfig.from_pretrained(str(directory))
    if not isinstance(found, LoraConfig):
        raise UserError(str(directory), f"holds no LoRA adapter but {type(found).__name__}", "Name a LoRA adapter")
    found.inference_mode = False  # as saved it would freeze every weight
    return found


def check_origin(directory: Path, *, base_sha256: str, quantize: str, template_sha256: str) -> None:
    """Refuse an adapter whose training.json names another base, quantisation or chat template than this run has.

    Raises:
        UserError: says what differs.
    """
    path = directory / "training.json"
    trained = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    here = {"base_sha256": base_sha256, "quantize": quantize, "template_sha256": template_sha256}
    words = {"base_sha256": "base model", "quantize": "quantisation", "template_sha256": "chat template"}
    for key, wanted in here.items():
        if trained.get(key, wanted) != wanted:
            what = f"was trained with another {words[key]} ({trained[key]}, here {wanted})"
            raise UserError(str(directory), what, "Train sft with the same settings first: --method sft+dpo")


def attach(model: "PreTrainedModel", config: "LoraConfig", *, seed: int = 0) -> "PeftModel":
    """A fresh adapter on the base; the same seed draws the same start.

    Raises:
        UserError: the targets name no layer of this model.
    """
    import torch
    from peft import get_peft_model

    torch.manual_seed(seed)
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        raise UserError(
            "train.lora.targets", str(error).split("\n")[0].rstrip("."), "Use all-linear, or a regex over module names"
        ) from error
    assert_guarded(model)
    return adapted


def load(model: "PreTrainedModel", directory: Path) -> "PeftModel":
    """A trained adapter, to be trained further.

    Raises:
        UserError: no adapter there, or one of another model.
    """
    from peft import PeftModel

    models.adapter_hash(directory)
    try:
        adapted = PeftModel.from_pretrained(model, str(directory), is_trainable=True)
    except (RuntimeError, ValueError) as error:
        what = f"does not fit this model ({str(error).splitlines()[0]})"
        raise UserError(str(directory), what, "Name the model that it was trained on with --model") from error
    assert_guarded(model)
    return adapted


def assert_guarded(model: "PreTrainedModel") -> None:
    """Fail when bitsandbytes may still repack 4-bit weights, which would cost most gradients (see `models.guard`)."""
    open_modules = [m for m in model.modules() if getattr(m, "support_avx512bf16_for_cpu", False)]
    if open_modules:
        raise AssertionError(f"{len(open_modules)} 4-bit modules are not guarded against repacking: call models.guard")


def assert_float32(model: Any) -> None:
    """Fail when a weight that will be trained is not in float32, where small steps would vanish."""
    import torch

    rounded = [name for name, p in model.named_parameters() if p.requires_grad and p.dtype != torch.float32]
    if rounded:
        raise AssertionError(f"{len(rounded)} trained weights are not in float32, such as {rounded[0]}")


def weights(model: Any) -> dict[str, "torch.Tensor"]:
    """A copy of every trainable weight, in float32."""
    return {n: p.detach().float().clone() for n, p in model.named_parameters() if p.requires_grad}


def restore(model: Any, kept: Mapping[str, "torch.Tensor"]) -> None:
    """Put the copied weights back, in float32: TRL's trainers round the adapters of a quantised model to bfloat16."""
    for name, parameter in model.named_parameters():
        if name in kept:
            parameter.data = kept[name].to(parameter.device).clone()


def untrained(model: Any) -> list[str]:
    """Names of trained weights that have no gradient, and of `lora_B` whose gradient is zero, after a backward pass.

    `lora_A` of a fresh adapter has a zero gradient by right, since its `lora_B` is zero.
    """
    return [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
        and (parameter.grad is None or ("lora_B" in name and not bool(parameter.grad.abs().max() > 0)))
    ]
