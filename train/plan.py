"""`train --plan`: parameters, memory, time and every setting with its reason, before anything is trained."""

import textwrap
from typing import Any

from stepladder import console

from . import batches, memory, record, settings
from .prepare import Run
from .settings import value

_MARGIN = 0.2  # the formula's error on published peaks: median 7 %, worst 23 % (research/training.md section 5)
_DEQUANTISE = 140  # operations a weight that unpacking NF4 costs per micro-batch on a CPU (measured, SmolLM2-135M)
_SLOWER_NF4 = 1.5  # on a GPU (LitGPT: 1.3 to 2.0)


def show(run: Run) -> dict[str, Any]:
    """Print the plan as text of at most 80 columns, and return it as JSON values."""
    plan = {
        "method": run.method,
        "rows": {"train": len(run.train), "dev": len(run.dev)},
        "parameters": record.parameters(run),
        "memory": _memory(run),
        "time": _time(run),
        "settings": settings.to_json(run.settings),
    }
    _print(plan)
    return plan


def _memory(run: Run) -> dict[str, Any]:
    size = value(run.settings, "micro_batch")
    checkpointing = value(run.settings, "activation_checkpointing")
    load = batches.load_of(
        run.settings,
        run.train,
        size,
        checkpointing=checkpointing,
        packed=value(run.settings, "packed"),
        on_gpu=run.base.on_gpu,
    )
    parts = {name: round(n / 1e6) for name, n in memory.estimate(run.base.shape, load).items()}
    total = sum(parts.values())
    return {
        "parts_mb": parts,
        "peak_mb": total,
        "range_mb": [round(total * (1 - _MARGIN)), round(total * (1 + _MARGIN))],
        "available_mb": round(memory.total_memory(run.base.on_gpu) / 1e6),
        "longest_row_tokens": max((e.length for e in run.train), default=0),
    }


def _time(run: Run) -> dict[str, Any]:
    shape, size = run.base.shape, value(run.settings, "micro_batch")
    chunks = [run.train[i : i + size] for i in range(0, len(run.train), size)]
    read = [batches.tokens_through(chunk, packed=value(run.settings, "packed")) for chunk in chunks]
    tokens = sum(read)
    trained = sum(e.trained for e in run.train)
    checkpointing = value(run.settings, "activation_checkpointing")
    work = memory.operations(shape, tokens=tokens, trained=trained, checkpointing=checkpointing)
    work += 12 * shape.layers * shape.query * sum(n**2 for n in read)  # attention
    if value(run.settings, "quantize") == "nf4" and not value(run.settings, "dequantised"):
        work = work * _SLOWER_NF4 if run.base.on_gpu else work + _DEQUANTISE * shape.linear * len(chunks)
    epochs = value(run.settings, "epochs")
    passes = epochs + (epochs + 1) * 0.4 * len(run.dev) / max(len(run.train), 1)
    passes += {"dpo": 0.4, "kto": 0.8 + 0.4 * epochs}.get(run.method, 0)  # the reference, and KTO's mismatched answers
    rate = memory.speed(run.base.on_gpu)
    return {
        "tokens_per_epoch": sum(e.tokens for e in run.train),
        "tokens_read_per_epoch": tokens,
        "steps": -(-len(run.train) // value(run.settings, "batch")) * epochs,
        "seconds": round(work * passes / rate, 1),
        "operations_per_second": round(rate),
    }


def _print(plan: dict[str, Any]) -> None:
    counts, peak, time = plan["parameters"], plan["memory"], plan["time"]
    console.heading(f"Plan: {plan['method']}")
    console.say(f"{plan['rows']['train']} rows to train on, {plan['rows']['dev']} dev rows; nothing is trained yet")
    rows = [(name, f"{n:,}", f"{n / counts['base']:.3%}") for name, n in counts["by_layer"].items()]
    rows.append(("all", f"{counts['trainable']:,}", f"{counts['share']:.3%}"))
    console.table(f"Trainable weights (base: {counts['base']:,})", ("Layer", "Weights", "Share of base"), rows)
    parts = [(name, f"{n:,}") for name, n in peak["parts_mb"].items()]
    parts.append((f"peak, with {peak['longest_row_tokens']:,}-token rows", f"{peak['peak_mb']:,}"))
    console.table("Memory", ("Part", "MB"), parts)
    low, high = peak["range_mb"]
    console.say(f"The peak is within {low:,} and {high:,} MB; this machine has {peak['available_mb']:,} MB")
    if high > peak["available_mb"]:
        console.warn("this may not fit: lower train.max_length, the rank, or use a smaller model")
    spent = console.duration(time["seconds"])
    console.say(f"\nTime: about {spent} for {time['steps']} steps of {time['tokens_per_epoch']:,} tokens an epoch")
    console.say("\nSettings")
    for name, setting in plan["settings"].items():
        console.say(f"  {name} = {_short(setting['value'])}  [{setting['from']}]")
        console.say(textwrap.indent(textwrap.fill(setting["reason"], 72), "      "))


def _short(found: Any) -> str:
    return f"{found:g}" if isinstance(found, float) else str(found)
