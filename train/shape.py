"""The sizes of a model and its adapter, counted on a skeleton without weights: exact for every architecture."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepladder.models import ModelRef

if TYPE_CHECKING:
    from peft import LoraConfig


@dataclass(frozen=True, slots=True)
class Shape:
    """Counts of weights and widths. `linear`: weights of the blocks' linear layers, which NF4 quantises.

    `trainable`: weights that are trained, the adapter's or all, by the name of the layer that they belong to. `query` and
    `key` are heads x head size.
    """

    parameters: int
    linear: int
    layers: int
    hidden: int
    query: int
    key: int
    mlp: int
    vocab: int
    context: int
    trainable: dict[str, int]

    @property
    def adapter(self) -> int:
        """All trainable weights."""
        return sum(self.trainable.values())

    @property
    def whole(self) -> bool:
        """Whether the model itself is trained, and no adapter on it."""
        return self.adapter == self.parameters


def measure(ref: ModelRef, lora: "LoraConfig | None") -> Shape:
    """Count on torch's meta device: takes a second and no memory, and needs the model's config alone.

    Without `lora` all weights are trained.

    Raises:
        UserError: `lora` names layers that the model does not have.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

    from .adapter import attach

    config = AutoConfig.from_pretrained(str(ref.path))
    kind: Any = AutoModelForCausalLM
    if lora and lora.task_type == "SEQ_CLS":
        kind, config.num_labels = AutoModelForSequenceClassification, 1
    with torch.device("meta"):
        skeleton = kind.from_config(config)
        heads = (skeleton.get_output_embeddings(), getattr(skeleton, "score", None))
        parameters = skeleton.num_parameters()
        linear = sum(
            module.weight.numel()
            for module in skeleton.modules()
            if isinstance(module, torch.nn.Linear) and module not in heads
        )
        trainable = _by_layer(attach(skeleton, lora) if lora else skeleton)
    return Shape(parameters=parameters, linear=linear, trainable=trainable, **_widths(config))


def _by_layer(model: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            layer = name.split(".lora_")[0].split(".modules_to_save")[0].removesuffix(".weight").removesuffix(".bias")
            counts[layer.rsplit(".", 1)[-1]] += parameter.numel()
    return dict(counts)


def _widths(config: Any) -> dict[str, int]:
    text = config.get_text_config()
    heads = text.num_attention_heads
    size = getattr(text, "head_dim", None) or text.hidden_size // heads
    return {
        "layers": text.num_hidden_layers,
        "hidden": text.hidden_size,
        "query": heads * size,
        "key": (getattr(text, "num_key_value_heads", None) or heads) * size,
        "mlp": getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        "vocab": text.vocab_size,
        "context": getattr(text, "max_position_embeddings", None) or 2048,
    }
