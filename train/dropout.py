"""LoRA's dropout, six times cheaper on a CPU.

torch draws a CPU dropout mask in double precision on one thread: a fifth of a training step on two cores (measured,
SmolLM2-135M). Eight bits a weight are enough: the share dropped is rounded to 1/256, and the scale is that of the
rounded share, so the expected value stays exact.
"""

from typing import Any

import numpy as np
import torch

_LEVELS = 256


class ByteDropout(torch.nn.Dropout):
    """Drops each value with probability round(256 p) / 256; reproducible from torch's own generator."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """`input` with values dropped in training, any shape; unchanged in eval mode."""
        dropped = round(self.p * _LEVELS)
        if not self.training or dropped == 0:
            return input
        count = input.numel()
        draws = torch.empty(-(-count // 8), dtype=torch.int64).random_(-(2**63), None)
        kept = draws.numpy().view(np.uint8)[:count] >= dropped  # numpy compares bytes twenty times as fast as torch
        mask = np.multiply(kept, np.float32(_LEVELS / (_LEVELS - dropped)), dtype=np.float32)
        return input * torch.from_numpy(mask).view(input.shape).to(input.dtype)


def replace(model: Any) -> int:
    """Put a ByteDropout in place of every LoRA dropout of a model on a CPU; returns how many were replaced."""
    replaced = 0
    for module in model.modules():
        found = getattr(module, "lora_dropout", None)
        if not isinstance(found, torch.nn.ModuleDict):
            continue
        for name, dropout in list(found.items()):
            if type(dropout) is torch.nn.Dropout:
                found[name] = ByteDropout(dropout.p)
                replaced += 1
    return replaced
