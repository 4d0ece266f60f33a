"""What can be trained here, in words."""

from collections.abc import Iterator, Sequence
from typing import Any

from stepladder.doctor.machine import DEFAULT_RUN, GIB
from stepladder.models import DEFAULT_MODEL

# billions of weights -> GiB at the peak of QLoRA on a GPU: rank 16 on all linear layers, one row of 1,024 tokens,
# activation checkpointing. Computed with the formula of train/memory.py for usual shapes (research/training.md section 5)
QLORA = {0.5: 1.5, 1.5: 2.3, 3: 3.3, 4: 3.9, 8: 6.8, 32: 20.5, 70: 40.5}
_MARGIN = 1.2  # the formula is within 20 % of published peaks


def can(free: int, gpus: Sequence[dict[str, Any]], *, four_bit: bool) -> Iterator[str]:
    """Sentences; `free` are bytes of memory that a run on the processor could take."""
    if gpus and four_bit:
        yield _on_gpu(max(gpu["bytes"] for gpu in gpus) / GIB)
    elif gpus:
        yield "QLoRA on the GPU waits for 4-bit weights; LoRA on full weights runs (train.quantize: none)."
    if not gpus and four_bit:
        enough = "can be trained here" if free >= DEFAULT_RUN else "may not fit into the memory that is free"
        yield f"QLoRA of {DEFAULT_MODEL} {enough} (about {DEFAULT_RUN / GIB:.0f} GiB, minutes to an hour on two cores)."
        yield f"A 7 or 8 B model takes days on a few cores; on a GPU QLoRA needs about {_MARGIN * QLORA[8]:.0f} GiB for it."
    yield "For your own model and rows: stepladder train CURATED --model MODEL --plan"


def _on_gpu(size: float) -> str:
    """The largest model of the table that fits, and what the next one needs."""
    fits = [billions for billions, gib in QLORA.items() if _MARGIN * gib <= size]
    if not fits:
        return f"QLoRA of a model up to 0.3 B fits into the {size:.1f} GiB of the GPU."
    told = f"QLoRA up to {fits[-1]:g} B fits into the {size:.1f} GiB of the GPU (needs about {QLORA[fits[-1]]:g} GiB)"
    larger = [billions for billions in QLORA if billions > fits[-1]]
    return f"{told}; {larger[0]:g} B would need about {QLORA[larger[0]]:g} GiB." if larger else f"{told}."
