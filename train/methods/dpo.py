"""DPO: prefer the chosen answers over the rejected ones, starting from an SFT adapter, which is the reference too."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..examples import Example
from .arguments import config

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase


def trainer(
    model: "PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    train: Sequence[Example],
    dev: Sequence[Example],
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Any:
    """TRL's DPOTrainer over token ids. `model` holds the SFT adapter, and no new one is put on it.

    With a `peft_config` TRL would take the bare base as reference; so it makes a frozen copy of the adapter instead.
    """
    from trl import DPOConfig

    from ..trainers import DpoTrainer

    return DpoTrainer(
        model=model,
        args=config(DPOConfig, fields, given),
        train_dataset=dataset(train),
        eval_dataset=dataset(dev) if dev else None,
        processing_class=tokenizer,
    )


def dataset(rows: Sequence[Example]) -> "Dataset":
    """Columns `prompt_ids`, `chosen_ids` and `rejected_ids`, as TRL's own preparation would name them."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "prompt_ids": [row.prompt_ids for row in rows],
            "chosen_ids": [row.answers[0] for row in rows],
            "rejected_ids": [row.answers[1] for row in rows],
        }
    )
