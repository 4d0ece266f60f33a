"""Settings as the fields of TRL's own config, with the user's `train.args` on top."""

import dataclasses
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stepladder.errors import UserError

from ..settings import Settings, value

_OURS = {
    "output_dir": "Use --out",
    "max_length": "Use train.max_length: TRL would cut longer rows in silence",
    "report_to": "Stepladder keeps the log in training.json",
    "push_to_hub": "Use the adapter's directory with `hf upload`",
    "resume_from_checkpoint": "The same command resumes by itself",
    "seed": "Use --seed, or `seed` in the project file",
    "remove_unused_columns": "Leave it out",
    "logging_steps": "Every step is logged",
    "logging_strategy": "Every step is logged",
    "save_strategy": "Every epoch is saved, and within an epoch every two minutes",
    "save_steps": "Every epoch is saved, and within an epoch every two minutes",
    "save_total_limit": "Every epoch is kept",
    "save_only_model": "Resuming needs the optimizer's state",
    "load_best_model_at_end": "The best epoch by dev loss is what is kept at the top of --out",
}
# TRL does not look at these when it is given token ids, as here: obeying in silence would be a lie.
_WITHOUT_EFFECT = (
    "assistant_only_loss", "chat_template_path", "completion_only_loss", "dataset_kwargs", "dataset_text_field",
    "eos_token", "eval_packing", "packing", "packing_strategy", "pad_token", "padding_free", "shuffle_dataset",
    "truncation_mode", "precompute_ref_log_probs", "precompute_ref_batch_size",
)  # fmt: skip


def fields_of(settings: Settings, folder: Path, *, has_dev: bool, on_gpu: bool, from_start: bool) -> dict[str, Any]:
    """The fields that Stepladder sets, the same for every method. TRL's defaults fit neither a CPU nor LoRA."""
    checkpointing = value(settings, "activation_checkpointing")
    return {
        "output_dir": str(folder),
        "num_train_epochs": value(settings, "epochs"),
        "learning_rate": value(settings, "learning_rate"),
        "lr_scheduler_type": value(settings, "schedule"),
        "warmup_steps": value(settings, "warmup_steps"),
        "per_device_train_batch_size": value(settings, "micro_batch"),
        "per_device_eval_batch_size": value(settings, "micro_batch"),
        "gradient_accumulation_steps": value(settings, "accumulation"),
        "weight_decay": value(settings, "weight_decay"),
        "max_grad_norm": value(settings, "max_grad_norm"),
        "seed": value(settings, "seed"),
        "gradient_checkpointing": checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if checkpointing else None,
        "bf16": on_gpu,
        "use_cpu": not on_gpu,
        "dataloader_pin_memory": on_gpu,
        "max_length": None,
        "eval_strategy": "epoch" if has_dev else "no",
        "eval_on_start": has_dev and from_start,
        "prediction_loss_only": True,
        "save_strategy": "no",  # watch.py says when
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "report_to": [],
        "disable_tqdm": True,
    }


def preference_fields(settings: Settings) -> dict[str, Any]:
    """The fields that DPOConfig has beside those of `fields_of`."""
    loss = value(settings, "preference_loss")
    return {
        "beta": value(settings, "beta"),
        "loss_type": [loss] if isinstance(loss, str) else list(loss),
        "label_smoothing": value(settings, "label_smoothing"),
    }


def thumbs_fields(settings: Settings) -> dict[str, Any]:
    """The fields that KTOConfig has beside those of `fields_of`."""
    return {name: value(settings, name) for name in ("beta", "desirable_weight", "undesirable_weight")}


def config(kind: type, fields: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """A config of TRL's of `fields`, with what `train.args` gave in their place.

    Raises:
        UserError: TRL refuses the values; the message is its own.
    """
    try:
        return kind(**{**fields, **given})
    except (TypeError, ValueError) as error:
        raise UserError(
            "train.args", f"TRL refuses them ({str(error).splitlines()[0].rstrip('.')})", "Change or drop the field"
        ) from error


def for_method(method: str, methods: tuple[str, ...], args: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `train.args` meant for `method`: fields of its config, and those under its name (`dpo: {...}`).

    Raises:
        UserError: a field that none of the run's methods has, that Stepladder owns, or that has no effect here.
    """
    known = {name: _names(name) for name in methods}
    shared = {name: v for name, v in args.items() if not (name in known and isinstance(v, Mapping))}
    for name in shared:
        _check(name, set().union(*known.values()))
    own = args.get(method)
    own = dict(own) if isinstance(own, Mapping) else {}
    for name in own:
        _check(name, known[method])
    found = {name: v for name, v in shared.items() if name in known[method]} | own
    _check_smoothing(method, found)
    return found


def _names(method: str) -> set[str]:
    from trl import DPOConfig, KTOConfig, RewardConfig, SFTConfig

    kinds = {"dpo": DPOConfig, "kto": KTOConfig, "reward": RewardConfig}
    return {field.name for field in dataclasses.fields(kinds.get(method, SFTConfig))}


def _check(name: str, known: set[str]) -> None:
    where = f"train.args.{name}"
    if name in _OURS:
        raise UserError(where, "is set by Stepladder", _OURS[name])
    if name in _WITHOUT_EFFECT:
        raise UserError(
            where,
            "would have no effect: TRL is given token ids and masks",
            "Leave it out; --preview shows what carries loss",
        )
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean '{near[0]}'" if near else "See the fields of TRL's own config"
        raise UserError(where, "is no field of TRL's config for this method", hint)


def _check_smoothing(method: str, given: Mapping[str, Any]) -> None:
    """TRL 1.16 reads `label_smoothing` in some DPO losses only; sigmoid, the default, is not one of them."""
    kinds = given.get("loss_type", ["sigmoid"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    reads = {"robust", "exo_pair", "aot", "aot_unpaired"}
    if method == "dpo" and given.get("label_smoothing") and not reads & set(kinds):
        what = f"does nothing with the loss {'+'.join(kinds)}"
        raise UserError("train.args.label_smoothing", what, "Add loss_type: [robust] for labels that may be flipped")
