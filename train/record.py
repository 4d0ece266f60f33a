"""training.json: what was trained on what, with every setting, step and figure; enough to do it again."""

import contextlib
import json
import math
import resource
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder import models, rundir
from stepladder.writing import write_json

from . import checkpoints, settings
from .prepare import Run
from .settings import value

if TYPE_CHECKING:
    from .watch import Watch

_NOT_KEPT = {
    "total_flos",
    "num_tokens",
    "eval_num_tokens",
    "eval_runtime",
    "eval_samples_per_second",
    "eval_steps_per_second",
}
_DISPLACED = 0.1  # nats a token that chosen answers may lose to DPO (research/training.md section 3a)
_STILL = 1e-4  # a dev loss that moves by less has not learnt anything


def document(run: Run, trainer: Any, watch: "Watch", *, folder: Path, preparation: float) -> dict[str, Any]:
    """Everything but the hash of the trained weights, which is known once their files are in place."""
    history = trainer.state.log_history
    log = [_kept(entry) for entry in history if "loss" in entry]
    dev = _start(trainer, watch) + [_kept(entry, "eval_") for entry in history if "eval_loss" in entry]
    best = _best(
        [entry for entry in dev if checkpoints.of_step(folder, entry["step"]).is_dir()], trainer.state.global_step
    )
    if run.method == "reward" and (kept := next((e for e in dev if e["step"] == best["step"]), None)):
        best["dev_accuracy"] = kept["accuracy"]
    for warning in judgements(run, dev, best):
        watch.warn(warning)
    seconds = {
        "preparation": preparation,
        "steps": sum(entry["seconds"] for entry in log),
        "dev": sum(entry["eval_runtime"] for entry in history if "eval_runtime" in entry),
    }
    tokens = sum(entry["tokens"] for entry in log)
    return {
        "method": run.method,
        "base": run.base.ref.name,
        "base_sha256": run.base.ref.sha256,
        "quantize": value(run.settings, "quantize"),
        "template_sha256": models.template_hash(run.base.tokenizer),
        "started_from": str(run.start) if run.start else None,
        "data": _data(run),
        "settings": settings.to_json(run.settings),
        "parameters": parameters(run),
        "best": best,
        "epochs_kept": sorted(str(p.relative_to(folder.parent)) for p in folder.glob("checkpoint-*")),
        "dev": dev,
        "log": log,
        "steps": trainer.state.global_step,
        "seconds": {name: round(spent, 2) for name, spent in seconds.items()},
        "seconds_total": round(sum(seconds.values()), 2),
        "tokens_total": tokens,
        "tokens_per_second": round(tokens / seconds["steps"], 1) if seconds["steps"] else None,
        "peak_memory_mb": _peak_memory(),
        "peak_gpu_memory_mb": _peak_gpu_memory(run.base.on_gpu),
        "warnings": watch.warnings,
        "code": rundir.code_version("train"),
        "environment": rundir.environment(),
    }


def _data(run: Run) -> dict[str, Any]:
    return {
        "inputs": run.inputs,
        "train_rows": len(run.train),
        "dev_rows": len(run.dev),
        "tokens": sum(e.tokens for e in run.train),
        "tokens_with_loss": sum(e.trained for e in run.train),
        "longest": max((e.length for e in [*run.train, *run.dev]), default=0),
        **run.notes,
    }


def parameters(run: Run) -> dict[str, Any]:
    """Weights of the base and of what is trained, the latter by layer name."""
    shape = run.base.shape
    return {
        "base": shape.parameters,
        "trainable": shape.adapter,
        "share": round(shape.adapter / shape.parameters, 6),
        "by_layer": shape.trainable,
    }


def _kept(entry: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    named = {name.removeprefix(prefix): v for name, v in entry.items() if name not in _NOT_KEPT}
    return {name: round(v, 8) if isinstance(v, float) else v for name, v in named.items()}


def _best(dev: Sequence[dict[str, Any]], steps: int) -> dict[str, Any]:
    """The kept epoch with the lowest dev loss; the last one where there are no dev rows."""
    if not dev:
        return {
            "step": steps,
            "epoch": None,
            "dev_loss": None,
            "chosen_by": "the last epoch, since there are no dev rows",
        }
    found = min(dev, key=lambda entry: (entry["loss"], entry["step"]))
    return {"step": found["step"], "epoch": round(found["epoch"]), "dev_loss": found["loss"], "chosen_by": "dev loss"}


def _start(trainer: Any, watch: "Watch") -> list[dict[str, Any]]:
    """DPO before its first step, from the reference's log-probs; the other methods evaluate their start."""
    if watch.expected_start is None or trainer.eval_dataset is None:
        return []
    columns = {name: trainer.eval_dataset[f"ref_{name}_logps"] for name in ("chosen", "rejected")}
    means = {f"logps/{name}": round(statistics.mean(found), 8) for name, found in columns.items()}
    return [{"loss": round(watch.expected_start, 8), **means, "epoch": 0, "step": 0}]


def judgements(run: Run, dev: Sequence[dict[str, Any]], best: dict[str, Any]) -> list[str]:
    """What a person should know about the kept epoch: it learnt nothing, is worse than the start, or lost answers."""
    start = next((entry for entry in dev if entry["step"] == 0), None)
    if start is None or best["dev_loss"] is None:
        return []
    found = []
    if abs(best["dev_loss"] - start["loss"]) < _STILL:
        found.append(f"{run.method} changed next to nothing (dev loss {start['loss']:.4f}): raise the learning rate")
    elif best["dev_loss"] > start["loss"]:
        found.append(f"{run.method}: no epoch's dev loss is below that of the start, {start['loss']:.3f}")
    kept = next(entry for entry in dev if entry["step"] == best["step"])
    if {"logps/chosen"} <= start.keys() & kept.keys():
        liked = [len(e.answers[0]) for e in run.dev if e.label is not False]
        lost = (start["logps/chosen"] - kept["logps/chosen"]) * len(liked) / sum(liked)
        if lost > _DISPLACED:
            found.append(f"{run.method} made the chosen answers less likely too, by {lost:.2f} nats a token on dev")
    return found


def forget_peak(on_gpu: bool) -> None:
    """Start the peak memory anew, so that a method's peak is its own and not that of the method before."""
    if on_gpu:
        import torch

        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: VmHWM starts at the present size


def _peak_memory() -> int:
    """Peak resident memory of this process in MB."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kilobytes, on macOS bytes
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024))


def _peak_gpu_memory(on_gpu: bool) -> int | None:
    if not on_gpu:
        return None
    import torch

    return round(torch.cuda.max_memory_allocated() / 1024**2)


def steps_of(trainer: Any) -> int:
    """Optimiser steps of the whole run."""
    args = trainer.args
    batches = -(-len(trainer.train_dataset) // args.train_batch_size)
    per_epoch = -(-batches // args.gradient_accumulation_steps)
    return int(args.max_steps if args.max_steps > 0 else math.ceil(per_epoch * args.num_train_epochs))


def set_base(directory: Path, name: str) -> None:
    """Name the base in adapter_config.json as the user named it: a path of this machine means nothing elsewhere."""
    path = directory / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = name
    write_json(path, config)


def write(directory: Path, document: dict[str, Any]) -> None:
    """Write training.json."""
    write_json(directory / "training.json", document)


def read(directory: Path) -> dict[str, Any]:
    """training.json of a finished directory."""
    found: dict[str, Any] = json.loads((directory / "training.json").read_text(encoding="utf-8"))
    return found
