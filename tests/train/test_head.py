"""The head on labelled tokens only gives TRL's own losses and gradients, with padded and with packed rows."""

from pathlib import Path
from typing import Any

import pytest
import torch

from stepladder import models
from stepladder.config import LoraConfig
from stepladder.train import adapter, head
from stepladder.train.examples import Example

ROWS = [
    Example("a", [1, 10, 11, 12, 13], ([20, 21, 2], [22, 2])),
    Example("b", [1, 10, 11, 30], ([31, 2], [32, 33, 34, 35, 2])),
]


def built(tiny_model: Path, method: str, *, packed: bool | None) -> Any:
    """A trainer whose model has our head (padded or packed), or TRL's own (None)."""
    from trl import DPOConfig, SFTConfig

    from stepladder.train.methods import dpo, sft
    from stepladder.train.trainers import DpoTrainer, SftTrainer

    ref = models.resolve(str(tiny_model))
    model = adapter.attach(models.load_model(ref, "none"), adapter.lora_config(LoraConfig(dropout=0.0)))
    with torch.no_grad():  # an adapter that does something
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name))) * 0.1)
    kind, config, data = (
        (SftTrainer, SFTConfig, sft.dataset(ROWS)) if method == "sft" else (DpoTrainer, DPOConfig, dpo.dataset(ROWS))
    )
    args = config(
        output_dir="unused", bf16=False, use_cpu=True, gradient_checkpointing=False, max_length=None, report_to=[]
    )
    trainer = kind(model=model, args=args, train_dataset=data, processing_class=models.load_tokenizer(ref))
    if packed is not None:
        assert head.install(model.get_base_model(), packed=packed)
    return trainer


def loss_and_gradients(trainer: Any) -> tuple[float, dict[str, torch.Tensor]]:
    batch = trainer.data_collator([dict(row) for row in trainer.train_dataset])
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(batch))
    loss.backward()
    return loss.item(), {n: p.grad for n, p in trainer.model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("method", ["sft", "dpo"])
@pytest.mark.parametrize("packed", [False, True])
def test_losses_gradients_and_metrics_are_those_of_trl(tiny_model: Path, method: str, packed: bool) -> None:
    theirs, ours = built(tiny_model, method, packed=None), built(tiny_model, method, packed=packed)
    (expected, slopes), (found, gradients) = loss_and_gradients(theirs), loss_and_gradients(ours)
    assert found == pytest.approx(expected, abs=1e-5)
    assert set(gradients) == set(slopes)
    assert len(slopes) == 28  # two layers of seven adapted projections, A and B
    for name, slope in slopes.items():
        torch.testing.assert_close(gradients[name], slope, atol=1e-5, rtol=1e-3)
    for name, values in theirs._metrics["train"].items():
        if name != "entropy":
            assert ours._metrics["train"][name] == pytest.approx(values, abs=1e-4), name


def test_a_model_with_bent_logits_keeps_trls_head(tiny_model: Path) -> None:
    model = models.load_model(models.resolve(str(tiny_model)), "none")
    model.config.final_logit_softcapping = 30.0
    before = model.forward
    assert not head.install(model, packed=False)
    assert model.forward == before


def test_without_the_fused_call_the_forward_is_the_models_own(tiny_model: Path) -> None:
    trainer = built(tiny_model, "sft", packed=True)
    ids = torch.tensor([[1, 10, 11, 12]])
    assert trainer.model(input_ids=ids).logits.shape[:2] == (1, 4)
