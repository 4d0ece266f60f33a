"""The cheap dropout drops what it says, keeps the mean, repeats from the seed, and does nothing in eval mode."""

import pytest
import torch

from stepladder.train.dropout import ByteDropout, replace


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_the_share_and_the_mean_are_right(share: float) -> None:
    torch.manual_seed(0)
    out = ByteDropout(share)(torch.ones(1000, 1000))
    rounded = round(share * 256) / 256
    assert abs(float((out == 0).float().mean()) - rounded) < 4 * (rounded * (1 - rounded) / 1e6) ** 0.5
    assert float(out.mean()) == pytest.approx(1, abs=4e-3)
    assert len(out.unique()) == 2


def test_the_same_seed_drops_the_same_values_and_the_gradient_follows_them() -> None:
    dropout, x = ByteDropout(0.3), torch.ones(5, 7, requires_grad=True)
    torch.manual_seed(3)
    first = dropout(x)
    first.sum().backward()
    torch.manual_seed(3)
    assert torch.equal(dropout(x), first)
    assert x.grad is not None
    assert torch.equal(x.grad, first.detach())


def test_eval_mode_and_a_share_of_zero_change_nothing() -> None:
    x = torch.randn(3, 3)
    assert ByteDropout(0.0)(x) is x
    assert ByteDropout(0.5).eval()(x) is x


def test_every_lora_dropout_is_replaced_and_stays_a_dropout_for_trl() -> None:
    layer = torch.nn.Module()
    layer.lora_dropout = torch.nn.ModuleDict({"default": torch.nn.Dropout(0.05), "none": torch.nn.Identity()})
    model = torch.nn.Sequential(layer)
    assert replace(model) == 1
    assert isinstance(layer.lora_dropout["default"], torch.nn.Dropout)  # TRL's DPO sets `p = 0` on these
    assert replace(model) == 0
