"""KTO: like the answers with a thumb up, not those with a thumb down (arXiv 2402.01306)."""

import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stepladder.errors import UserError

from ..examples import Example
from .arguments import config

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase


def check(rows: Sequence[Example], batch: int | None, given: Mapping[str, Any]) -> None:
    """Refuse what KTO cannot learn from.

    Raises:
        UserError: answers that were all liked, or all not; one answer at a time.
    """
    liked = sum(row.label is True for row in rows)
    if liked in (0, len(rows)):
        what = f"all {len(rows)} answers have the label {'true' if liked else 'false'}"
        raise UserError("--method", f"kto needs both labels, and {what}", "Add answers of the other kind, or use sft")
    for name, size in (("batch", batch), ("args", given.get("per_device_train_batch_size"))):
        if size == 1:
            what = "is 1, and KTO measures how far it has moved on the other answers of a batch"
            raise UserError(f"train.{name}", what, "Use 2 or more")


def trainer(
    model: "PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    train: Sequence[Example],
    dev: Sequence[Example],
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Any:
    """TRL's KTOTrainer over token ids. `model` holds the adapter that is trained; TRL keeps a copy as the reference."""
    from trl import KTOConfig

    from ..trainers import KtoTrainer

    return KtoTrainer(
        model=model,
        args=config(KTOConfig, fields, given),
        train_dataset=dataset(train, seed=fields["seed"]),
        eval_dataset=dataset(dev, seed=fields["seed"]) if dev else None,
        processing_class=tokenizer,
    )


def dataset(rows: Sequence[Example], *, seed: int) -> "Dataset":
    """Columns `prompt_ids`, `completion_ids`, `KL_completion_ids` and `label`, in an order drawn by `seed`.

    The KL term is estimated on prompts with answers that belong to others (arXiv 2402.01306, section 4.1). TRL takes
    the neighbour's within a batch, so that a last batch of one row would get its own; here it is the neighbour's in the
    whole order.
    """
    from datasets import Dataset

    shuffled = random.Random(seed).sample(list(rows), len(rows))
    return Dataset.from_dict(
        {
            "prompt_ids": [row.prompt_ids for row in shuffled],
            "completion_ids": [row.answers[0] for row in shuffled],
            "KL_completion_ids": [shuffled[at - 1].answers[0] for at in range(len(shuffled))],
            "label": [bool(row.label) for row in shuffled],
        }
    )
