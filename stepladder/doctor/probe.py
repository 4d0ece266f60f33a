"""Runs alone in a process of its own (`python -m stepladder.doctor.probe`): does torch work here, and its 4-bit layer?

A broken CUDA or bitsandbytes ends a process without an exception, so the doctor only reads what this prints: one JSON
object with the GPUs and, for the device that would train, the error of a 4-bit layer and whether gradients pass it.
"""

import json
from typing import Any

_SIZE = 256  # inputs and outputs of the layer
# NF4 keeps a normal weight to about 9 % of its size (root mean square); twice that is a layer that computes otherwise
_TOLERATED = 0.2


def probe() -> dict[str, Any]:
    """What torch sees and what a 4-bit layer computes; `four_bit` is None or what is wrong with it."""
    from stepladder.hush import hush

    hush()
    import torch

    gpus = []
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        properties = torch.cuda.get_device_properties(number)
        gpus.append({"name": properties.name, "bytes": properties.total_memory, "bf16": torch.cuda.is_bf16_supported()})
    found: dict[str, Any] = {"torch": torch.__version__, "cuda": torch.version.cuda, "gpus": gpus}
    try:
        found["four_bit"] = _four_bit("cuda" if gpus else "cpu")
    except Exception as error:  # whatever bitsandbytes raises is what the doctor is asked to tell
        found["four_bit"] = (
            f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
        )
    return found


def _four_bit(device: str) -> str | None:
    """Compare a 4-bit layer with the plain one that it was made from, forward and back."""
    import torch
    from bitsandbytes.nn import Linear4bit

    from stepladder.models import guard

    torch.manual_seed(0)
    plain = torch.nn.Linear(_SIZE, _SIZE, bias=False)
    layer = Linear4bit(_SIZE, _SIZE, bias=False, compute_dtype=torch.float32, quant_type="nf4")
    layer.load_state_dict(plain.state_dict())
    layer, plain = layer.to(device), plain.to(device)
    guard(layer)
    inputs = torch.randn(8, _SIZE, device=device, requires_grad=True)
    outputs, wanted = layer(inputs), plain(inputs)
    outputs.sum().backward()
    error = float((outputs - wanted).norm() / wanted.norm())
    if not error < _TOLERATED:
        return f"a 4-bit layer is {error:.0%} off"
    return None if inputs.grad is not None and bool(inputs.grad.any()) else "no gradient passes a 4-bit layer"


if __name__ == "__main__":
    print(json.dumps(probe()))
