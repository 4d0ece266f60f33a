"""merged: one folder of safetensors with tokenizer, chat template and stop tokens, which transformers and vLLM load as it is."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ALLOWED = 0.01
"""How far a logit of the merged model may be off, in nats. W x + s B A x against (W + s B A) x in float32 differs by
rounding alone: 8e-5 at most on eight prompts of the sample with a 135 M model."""


def merge(model: "PreTrainedModel") -> "PreTrainedModel":
    """The adapter added into the weights beneath it, where there is one (PEFT's `merge_and_unload`)."""
    from peft import PeftModel

    return model.merge_and_unload() if isinstance(model, PeftModel) else model


def write(
    folder: Path, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", *, end: frozenset[int], name: str
) -> None:
    """Save weights, tokenizer, chat template and generation configuration into `folder`.

    The generation configuration names every id that ended an answer in the evaluation, and greedy decoding: sampling
    settings or a repetition penalty of the base would give other answers than those that were measured.
    """
    from transformers import GenerationConfig

    model.config._name_or_path = name
    model.config.eos_token_id = _one_or_all(end)
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=_one_or_all(end),
        pad_token_id=tokenizer.pad_token_id,
        do_sample=False,
    )
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))


def load(folder: Path) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """The folder as any user of transformers loads it, without Stepladder's own reader."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model: Any = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(str(folder))


def _one_or_all(end: frozenset[int]) -> int | list[int]:
    """Tools older than lists of end tokens read a single id."""
    ids = sorted(end)
    return ids[0] if len(ids) == 1 else ids
