"""Every weight trained, and no adapter: the model in float32, and the directory that is kept of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder.config import Project
from stepladder.models import ModelRef

if TYPE_CHECKING:
    from transformers import PreTrainedModel

PATTERNS = ("config.json", "generation_config.json", "model*.safetensors", "model.safetensors.index.json")
_SHARD = "5GB"  # the hub's advice: a larger file must be fetched again as a whole after a broken download


def wanted(method: str, project: Project) -> bool:
    """Whether the method trains every weight of this project's model."""
    return method == "full" or (method == "pretrain" and project.train.pretrain.weights == "all")


def load(ref: ModelRef) -> "PreTrainedModel":
    """The model with all weights in float32 and open to training, on the GPU when there is one."""
    import torch
    from transformers import AutoModelForCausalLM

    device = "cuda:0" if torch.cuda.is_available() else "cpu"
    model: Any = AutoModelForCausalLM.from_pretrained(str(ref.path), dtype=torch.float32, device_map=device)
    model.config._name_or_path = ref.name
    return model  # type: ignore[no-any-return]


def save(model: Any, folder: str) -> None:
    """Write weights, configuration and generation settings, as `AutoModelForCausalLM.from_pretrained` reads them."""
    cached, model.config.use_cache = model.config.use_cache, True  # training has it off; whoever answers needs it
    try:
        model.save_pretrained(folder, max_shard_size=_SHARD)
    finally:
        model.config.use_cache = cached


def files(folder: Path) -> list[str]:
    """Names of the files that `save` wrote into the folder."""
    return sorted(path.name for pattern in PATTERNS for path in folder.glob(pattern))
