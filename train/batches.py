"""How many rows go through the model at once: what memory holds, and what the processor does best."""

from collections.abc import Sequence

from .examples import Example
from .memory import Load, estimate
from .settings import Setting, Settings, value
from .shape import Shape
from .tree import grow

_USABLE = 0.8  # share of the memory that training may plan for
_USEFUL_ON_CPU = 640  # tokens in one pass: beyond, the time a row takes falls no more (SmolLM2-135M, fp32 and NF4)

_CHECKPOINTING = {
    True: "memory is short: activations are computed again in the backward pass",
    False: "memory is enough, and computing activations again costs a third of the time",
}
_PACKED = {
    True: "rows of a micro-batch that begin alike are read once up to where they differ, without padding",
    False: "rows are padded to the longest of their micro-batch",
}


def resolve(
    settings: Settings, shape: Shape, rows: Sequence[Example], *, on_gpu: bool, memory: int, packs: bool
) -> Settings:
    """Micro-batch, accumulation, activation checkpointing and packing for the longest rows within `memory` bytes.

    `packs`: the model can read rows as branches behind a shared beginning (tree.py).
    """
    batch, packed = int(value(settings, "batch")), packs and not on_gpu and "score" not in settings
    room = _USABLE * memory
    settings = settings | {"dequantised": _dequantised(settings, shape, rows, room, on_gpu=on_gpu, packed=packed)}
    fewest = 2 if "desirable_weight" in settings else 1  # KTO's KL term needs answers of other rows beside a row's own
    sizes = [n for n in range(batch, 0, -1) if batch % n == 0 and n >= fewest] or [batch]

    def needs(size: int, again: bool) -> float:
        load = load_of(settings, rows, size, checkpointing=again, packed=packed, on_gpu=on_gpu)
        return sum(estimate(shape, load).values())

    fitting = [n for n in sizes if needs(n, False) <= room]
    checkpointing = not fitting
    size = (fitting or [n for n in sizes if needs(n, True) <= room] or sizes[-1:])[0]
    why = f"{size} of the longest rows take {needs(size, checkpointing) / 1e9:.1f} of {memory / 1e9:.0f} GB"
    if not on_gpu and (best := max(_best_on_cpu(sizes, rows, packed), sizes[-1])) < size:
        size, why = best, "more tokens at once make a CPU no faster, and take more memory"
    return {
        "dequantised": settings["dequantised"],
        "micro_batch": Setting(size, "machine", why),
        "accumulation": Setting(
            batch // size, "rule", "micro-batches to fill the batch; the loss is per token all the same"
        ),
        "activation_checkpointing": Setting(checkpointing, "machine", _CHECKPOINTING[checkpointing]),
        "packed": Setting(packed, "machine", _PACKED[packed]),
    }


def _dequantised(
    settings: Settings, shape: Shape, rows: Sequence[Example], room: float, *, on_gpu: bool, packed: bool
) -> Setting:
    """Whether the values of a 4-bit base are held in float32: the same numbers, without unpacking them in every pass."""
    if value(settings, "quantize") != "nf4":
        return Setting(False, "rule", "the base is not quantised")
    if on_gpu:
        return Setting(False, "rule", "a GPU unpacks 4-bit weights fast enough")
    held = settings | {"dequantised": Setting(True, "machine", "")}
    load = load_of(held, rows, 1, checkpointing=False, packed=packed, on_gpu=False)
    if sum(estimate(shape, load).values()) > room:
        return Setting(False, "machine", "memory is short: weights stay in 4 bits and are unpacked in every pass")
    return Setting(True, "machine", "NF4's own values, held in float32: a CPU would unpack them in every pass")


def _best_on_cpu(sizes: Sequence[int], rows: Sequence[Example], packed: bool) -> int:
    """The largest size whose average micro-batch stays within the useful tokens; a tree has about a third fewer."""
    mean = sum(e.tokens for e in rows) / max(len(rows), 1)
    useful = _USEFUL_ON_CPU * (1.5 if packed else 1)
    return next((n for n in sizes if n * mean <= useful), 1)


def load_of(
    settings: Settings, rows: Sequence[Example], size: int, *, checkpointing: bool, packed: bool, on_gpu: bool
) -> Load:
    """The load of the `size` longest rows."""
    longest = sorted(rows, key=lambda e: e.length, reverse=True)[:size]
    return Load(
        tokens=tokens_through(longest, packed=packed),
        trained=sum(e.trained for e in longest),
        quantized=value(settings, "quantize") == "nf4" and not value(settings, "dequantised"),
        checkpointing=checkpointing,
        dropout="dropout" in settings and value(settings, "dropout") > 0 and not {"beta", "score"} & settings.keys(),
        on_gpu=on_gpu,
    )


def tokens_through(rows: Sequence[Example], *, packed: bool) -> int:
    """Tokens that go through the model for one micro-batch: the nodes of its tree, or the padded rectangle."""
    if packed:
        return len(grow([e.prompt_ids + answer for e in rows for answer in e.answers]).tokens)
    return max((e.length for e in rows), default=0) * sum(len(e.answers) for e in rows)
