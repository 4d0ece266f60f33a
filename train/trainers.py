"""TRL's SFT, DPO, KTO and reward trainers, with what Stepladder needs: honest averages, whole checkpoints, no calls to a hub.

Importing this module imports torch and TRL; the command does so only once everything is checked.
"""

import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from peft import PeftModel
from torch.utils.data import DataLoader
from trl import DPOTrainer, KTOTrainer, SFTTrainer
from trl import RewardTrainer as RewardTrainerOfTrl

from stepladder import console
from stepladder.errors import UserError

from . import checkpoints, whole
from .adapter import NAME

if TYPE_CHECKING:
    from transformers import Trainer as _Trainer
else:
    _Trainer = object  # TRL's trainer comes after the mixin and brings the methods

_NOT_COMPUTED = "entropy"  # see head.py


class _Ours(_Trainer):
    """Mixed into a TRL trainer, in front of it.

    TRL averages metrics over batches, whatever their size; here each batch counts by its rows (DPO) or by its tokens
    with loss (SFT). Tokens and seconds are counted a step, so that a resumed run knows both.
    """

    model: Any
    args: Any
    _metrics: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sizes: dict[str, list[int]] = defaultdict(list)
        self._losses: list[float] = []
        self._spent = {"tokens": 0, "seconds": 0.0}
        self.epoch_ends = False
        super().__init__(*args, **kwargs)

    def _send_telemetry(self) -> None:
        """Nothing about a run leaves the machine."""

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Stepladder writes its own (card.py)."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """The trained adapter alone: no reference, no tokenizer, no look at the hub for the base's vocabulary.

        Where there is no adapter, the whole model.
        """
        if isinstance(self.model, PeftModel):
            self.model.save_pretrained(str(output_dir), selected_adapters=[NAME], save_embedding_layers=False)
        else:
            whole.save(self.model, str(output_dir))

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        folder = Path(self.args.output_dir)
        checkpoints.complete(folder, step=self.state.global_step, whole_epoch=self.epoch_ends)

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """One micro-batch forward and back.

        Raises:
            UserError: the loss is not a number; the weights of the step before are kept.
        """
        start = time.perf_counter()
        self._spent["tokens"] += int(inputs["attention_mask"].sum())
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise UserError(
                "train",
                f"the loss became {float(loss)} at step {self.state.global_step + 1}",
                f"Lower the learning rate ({self.args.learning_rate:g}); checkpoints from before are kept",
            )
        self._spent["seconds"] += time.perf_counter() - start
        return loss

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """TRL's loss; the batch's size is noted for the averages."""
        mode = "train" if self.model.training else "eval"
        self._sizes[mode].append(self.size_of(inputs))
        result: Any = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        if mode == "eval":
            self._losses.append(float(result[0] if return_outputs else result))
        return result

    def size_of(self, inputs: Any) -> int:
        """By what a batch counts in an average."""
        raise NotImplementedError

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Averages over rows or tokens in place of TRL's averages over batches."""
        mode = "train" if self.model.training else "eval"
        sizes, metrics = self._sizes[mode], self._metrics[mode]
        metrics.pop(_NOT_COMPUTED, None)
        for name, values in metrics.items():
            if len(values) == len(sizes):
                metrics[name] = [_mean(values, sizes)]
        if mode == "eval" and "eval_loss" in logs:
            logs["eval_loss"] = _mean(self._losses, sizes)
            self._losses.clear()
        elif "loss" in logs:
            logs |= self._spent
            self._spent = {"tokens": 0, "seconds": 0.0}
        super().log(logs, start_time)
        sizes.clear()


def _mean(values: list[float], sizes: list[int]) -> float:
    return sum(v * n for v, n in zip(values, sizes, strict=True)) / max(sum(sizes), 1)


class SftTrainer(_Ours, SFTTrainer):
    """Rows come as `input_ids` and `labels`; TRL uses such columns as they are."""

    def size_of(self, inputs: Any) -> int:
        """Tokens that carry loss."""
        return int((inputs["labels"][:, 1:] != -100).sum())


class DpoTrainer(_Ours, DPOTrainer):
    """Pairs come as `prompt_ids`, `chosen_ids` and `rejected_ids`."""

    def size_of(self, inputs: Any) -> int:
        """Pairs."""
        return len(inputs["input_ids"]) // 2

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        """The rows are tokens already: TRL 1.16 would render them again."""
        return dataset

    def fix_reference(self) -> None:
        """Compute the reference's log-probs once, before the first step."""
        _fix_reference(self, ("ref_chosen_logps", "ref_rejected_logps"), unit="pairs")


class KtoTrainer(_Ours, KTOTrainer):
    """Answers come as `prompt_ids`, `completion_ids`, `KL_completion_ids` (another row's answer) and `label`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._labels: dict[str, list[list[bool]]] = defaultdict(list)
        super().__init__(*args, **kwargs)

    def size_of(self, inputs: Any) -> int:
        """Answers."""
        labels = inputs["label"].tolist()
        self._labels["train" if self.model.training else "eval"].append(labels)
        return len(labels)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """What is told of liked answers is averaged over these alone, and so for the others."""
        mode = "train" if self.model.training else "eval"
        metrics, labels = self._metrics[mode], self._labels[mode]
        for group, wanted in (("chosen", True), ("rejected", False)):
            sizes = [count for batch in labels if (count := batch.count(wanted))]
            for name in ("rewards", "logps"):
                if values := metrics.pop(f"{name}/{group}", None):
                    metrics[f"{name}/{group}"] = [_mean(values, sizes)]
            metrics.pop(f"logits/{group}", None)
        if metrics.pop("rewards/margins", None):
            metrics["rewards/margins"] = [metrics["rewards/chosen"][0] - metrics["rewards/rejected"][0]]
        labels.clear()
        super().log(logs, start_time)

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        """The rows are tokens already: TRL 1.16 would render them again."""
        return dataset

    def fix_reference(self) -> None:
        """Compute the reference's log-probs once, before the first step."""
        names = ("ref_logps", "ref_KL_logps") if self.calculate_KL else ("ref_logps",)
        _fix_reference(self, names, unit="answers")


class RewardTrainer(_Ours, RewardTrainerOfTrl):
    """Pairs come as `chosen_ids` and `rejected_ids`; TRL uses such columns as they are."""

    def size_of(self, inputs: Any) -> int:
        """Pairs."""
        return len(inputs["input_ids"]) // 2

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Without the extremes, whose averages over batches mean nothing."""
        for name in ("min_reward", "max_reward"):
            self._metrics["train" if self.model.training else "eval"].pop(name, None)
        super().log(logs, start_time)


def _fix_reference(trainer: Any, names: tuple[str, ...], *, unit: str) -> None:
    """Fill the columns `names` with the log-probs of TRL's frozen copy of the starting adapter; then drop the copy."""
    trainer.model.eval()
    sets = {name: found for name in ("train_dataset", "eval_dataset") if (found := getattr(trainer, name)) is not None}
    with console.track("reference", sum(len(found) for found in sets.values()), unit=unit) as advance:
        for name, found in sets.items():
            setattr(trainer, name, _with_reference(trainer, found, names, advance))
    trainer.precompute_ref_logps = True
    trainer.model.delete_adapter("ref")


def _with_reference(trainer: Any, dataset: Any, names: tuple[str, ...], advance: Any) -> Any:
    columns: list[list[float]] = [[] for _ in names]
    size = trainer.args.per_device_eval_batch_size
    for batch in DataLoader(dataset, batch_size=size, collate_fn=trainer.data_collator):
        found = trainer.compute_ref_log_probs(trainer.model, trainer._prepare_inputs(batch))
        for column, scores in zip(columns, found, strict=False):  # KTO gives None for a term that it does not use
            column += scores.tolist()
        advance(len(found[0]))
    for name, column in zip(names, columns, strict=True):
        dataset = dataset.add_column(name, column)
    return dataset
