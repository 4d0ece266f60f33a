"""How much memory and time training takes, part by part (research/training.md section 5)."""

from dataclasses import dataclass

from .shape import Shape

_NF4_BITS = 4 + 8 / 64 + 32 / 16384  # double quantisation: 4 bits, an 8-bit scale per 64, a 32-bit one per 256 of those
_STATES = 16  # bytes per trained weight: value 4, gradient 4, Adam's two moments 8
_PROGRAM = {"cpu": 0.9e9, "gpu": 0.5e9}  # Python with torch and its libraries; CUDA's allocator
_TILE = (4096, 32768)  # tokens x vocabulary that TRL projects at a time on a GPU


@dataclass(frozen=True, slots=True)
class Load:
    """What goes through the model at once. `tokens` in one forward pass, `trained` of them with loss."""

    tokens: int
    trained: int
    quantized: bool
    checkpointing: bool
    dropout: bool
    on_gpu: bool


def estimate(shape: Shape, load: Load) -> dict[str, float]:
    """Bytes by part; their sum is the peak, within about 20 %."""
    width = 2 if load.on_gpu else 4
    layer, logits = _layer(shape, load, width), _logits(shape, load)
    if load.checkpointing:  # one layer is computed again at a time, when the logits are gone
        activations, logits = width * shape.hidden * shape.layers * load.tokens + layer, max(0.0, logits - layer)
    else:
        activations = shape.layers * layer
    return {
        **_states(shape, load, width),
        "activations": activations,
        "logits": logits,
        "program": _PROGRAM["gpu" if load.on_gpu else "cpu"],
    }


def _states(shape: Shape, load: Load, width: int) -> dict[str, float]:
    """The weights and what training keeps for each; a whole model's are in float32, and autocast holds copies of them."""
    trained = float(_STATES * shape.adapter)
    if shape.whole:
        copies = float(width * shape.linear) if load.on_gpu else 0.0
        return {"weights, gradients and Adam": trained, "copies in 16 bits": copies}
    return {"base weights": _weights(shape, load.quantized, width), "adapter, gradients and Adam": trained}


def _weights(shape: Shape, quantized: bool, width: int) -> float:
    if not quantized:
        return float(width * shape.parameters)
    return shape.linear * _NF4_BITS / 8 + width * (shape.parameters - shape.linear)


def _layer(shape: Shape, load: Load, width: int) -> float:
    """One layer's `12H + 3Q + K + 3M` a token, and with dropout a mask and a dropped copy of each adapted input."""
    adapted = 2 * (5 * shape.hidden + shape.query + shape.mlp) if load.dropout else 0
    layer = width * load.tokens * (12 * shape.hidden + 3 * shape.query + shape.key + 3 * shape.mlp + adapted)
    return float(layer)


def _logits(shape: Shape, load: Load) -> float:
    """On a CPU three float32 copies for the labelled tokens (logits, log-softmax, gradient); on a GPU TRL's tiles."""
    if load.on_gpu:
        return 4.0 * min(load.tokens, _TILE[0]) * min(shape.vocab, _TILE[1])
    return 12.0 * load.trained * shape.vocab


def operations(shape: Shape, *, tokens: int, trained: int, checkpointing: bool) -> float:
    """Floating point operations of one pass forward and back.

    4 a frozen weight and token, 6 a trained one; 2 more with checkpointing, which runs the forward pass again. The head
    runs for labelled tokens only.
    """
    if shape.whole:
        return (8 if checkpointing else 6) * shape.linear * tokens + 6 * shape.vocab * shape.hidden * trained
    passes = 6 if checkpointing else 4
    return passes * shape.linear * tokens + 6 * shape.adapter * tokens + 4 * shape.vocab * shape.hidden * trained


def total_memory(on_gpu: bool) -> int:
    """Bytes of the device: the GPU's, else the machine's, or the container's share of it."""
    if on_gpu:
        import torch

        return int(torch.cuda.get_device_properties(0).total_memory)
    import os
    from pathlib import Path

    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdigit() else physical


def speed(on_gpu: bool) -> float:
    """Operations per second that training reaches here: a timed product, times the share that a whole step gets of it.

    The shares are measured: 0.5 on an AVX-512 CPU (SmolLM2-135M), 0.35 assumed on a GPU.
    """
    import time

    import torch

    device, kind, share = ("cuda", torch.bfloat16, 0.35) if on_gpu else ("cpu", torch.float32, 0.5)
    rows, inner = (8192, 4096) if on_gpu else (512, 1024)
    a, b = torch.randn(rows, inner, device=device, dtype=kind), torch.randn(inner, 2 * inner, device=device, dtype=kind)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        a @ b
        if on_gpu:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return share * 2 * rows * inner * 2 * inner / best
