"""SFT: learn the completions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..examples import Example
from .arguments import config

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def trainer(
    model: "PeftModel | PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    train: Sequence[Example],
    dev: Sequence[Example],
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Any:
    """TRL's SFTTrainer over token ids."""
    from trl import SFTConfig

    from ..trainers import SftTrainer

    return SftTrainer(
        model=model,
        args=config(SFTConfig, fields, given),
        train_dataset=dataset(train),
        eval_dataset=dataset(dev) if dev else None,
        processing_class=tokenizer,
    )


def dataset(rows: Sequence[Example]) -> "Dataset":
    """Columns `input_ids` and `labels`, which TRL neither renders, cuts nor drops; -100 marks what carries no loss."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            "input_ids": [row.prompt_ids + row.answers[0] for row in rows],
            "labels": [[-100] * len(row.prompt_ids) + row.answers[0] for row in rows],
        }
    )
