"""A reward model: the base with one output in place of its vocabulary, taught to score chosen above rejected answers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stepladder import models
from stepladder.models import ModelRef, Quantize

from ..examples import Example
from .arguments import config

if TYPE_CHECKING:
    from datasets import Dataset
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

HEAD = "score"  # transformers' name of the output layer of a sequence classifier made from a causal model


def load(ref: ModelRef, quantize: Quantize, *, seed: int) -> "PreTrainedModel":
    """The base with a fresh output of one score, drawn from `seed` and never quantised; on the GPU when there is one."""
    import torch
    from transformers import AutoModelForSequenceClassification, BitsAndBytesConfig

    on_gpu = torch.cuda.is_available()
    dtype = torch.bfloat16 if on_gpu else torch.float32
    nf4 = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=[HEAD],
    )
    torch.manual_seed(seed)
    model: Any = AutoModelForSequenceClassification.from_pretrained(
        str(ref.path),
        num_labels=1,
        dtype=dtype,
        quantization_config=nf4 if quantize == "nf4" else None,
        device_map="cuda:0" if on_gpu else "cpu",
    )
    model.config._name_or_path = ref.name
    models.guard(model)
    return model  # type: ignore[no-any-return]


def trainer(
    model: "PeftModel",
    tokenizer: "PreTrainedTokenizerBase",
    train: Sequence[Example],
    dev: Sequence[Example],
    fields: Mapping[str, Any],
    given: Mapping[str, Any],
) -> Any:
    """TRL's RewardTrainer over token ids: Bradley and Terry's loss on the difference of two scores."""
    from trl import RewardConfig

    from ..trainers import RewardTrainer

    return RewardTrainer(
        model=model,
        args=config(RewardConfig, fields, given),
        train_dataset=dataset(train),
        eval_dataset=dataset(dev) if dev else None,
        processing_class=tokenizer,
    )


def dataset(rows: Sequence[Example]) -> "Dataset":
    """Columns `chosen_ids` and `rejected_ids`: prompt and answer, as TRL's own preparation would name them."""
    from datasets import Dataset

    return Dataset.from_dict(
        {
            name: [row.prompt_ids + row.answers[at] for row in rows]
            for at, name in enumerate(("chosen_ids", "rejected_ids"))
        }
    )
