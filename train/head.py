"""The LM head on labelled tokens only, on a CPU.

TRL's fused head drops unlabelled positions only where Triton runs; elsewhere it projects every prompt token on the
whole vocabulary, twice (trl/trainer/utils.py `_fused_forward`, TRL 1.16). This puts a head of the same call and the
same result in its place; TRL's trainers keep computing their own losses from it. On a GPU TRL's own stays.
"""

import functools
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import tree

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# A config with one of these scales or bends its logits; TRL's head knows how, so it stays.
_BENT = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
_SAME = 1e-3  # nats a token: the most that packed and padded log-probs may differ by rounding


def install(model: "PreTrainedModel", *, packed: bool) -> bool:
    """Replace the fused head that a TRL trainer has put on `model` (the base, not its PEFT wrapper).

    `packed`: read the rows as a tree (tree.py). Returns False, and changes nothing, on a GPU and for models whose
    logits are more than a projection.
    """
    text = model.config.get_text_config()
    plain = all(getattr(text, name, None) is None for name in _BENT) and not hasattr(text, "output_router_logits")
    if model.device.type != "cpu" or not plain:
        return False
    theirs = model.forward

    @functools.wraps(type(model).forward)
    def forward(self: Any, *args: Any, fused_lm_head: bool = False, **kwargs: Any) -> Any:
        if not fused_lm_head or args or kwargs.get("labels") is None or kwargs.get("attention_mask") is None:
            return theirs(*args, fused_lm_head=fused_lm_head, **kwargs)
        return _score(self, packed=packed, **kwargs)

    model.forward = types.MethodType(forward, model)
    return True


def _score(
    model: Any,
    *,
    packed: bool,
    input_ids: "torch.Tensor",
    attention_mask: "torch.Tensor",
    labels: "torch.Tensor",
    **options: Any,
) -> Any:
    """What TRL's fused head returns, for `input_ids`, `attention_mask` and `labels` of shape (batch, length)."""
    import torch
    from torch.nn.functional import cross_entropy
    from trl.trainer.utils import FusedCausalLMOutput

    options.pop("num_items_in_batch", None)
    targets = labels[:, 1:]
    wanted = targets != -100
    if packed:
        chosen = tree.hidden_states(model.base_model, input_ids, attention_mask, wanted, **options)
    else:
        hidden = model.base_model(input_ids=input_ids, attention_mask=attention_mask, **options).last_hidden_state
        chosen = hidden[:, :-1][wanted]
    logits = model.get_output_embeddings()(chosen).float()
    known = targets[wanted]
    log_probs = -cross_entropy(logits, known, reduction="none")
    with torch.no_grad():
        best, mean = logits.argmax(dim=-1) == known, logits.mean(dim=-1)
    scores = {"log_probs": log_probs, "is_top1": best, "mean_logits": mean}
    placed = {name: score.new_zeros(wanted.shape).masked_scatter(wanted, score) for name, score in scores.items()}
    # The entropy would cost another pass over the vocabulary and only feeds a log line, which Stepladder leaves out.
    return FusedCausalLMOutput(**placed, entropy=torch.zeros(wanted.shape), label_mask=wanted)


def plain(model: Any) -> Any:
    """The model without the PEFT wrapper, if it has one."""
    from peft import PeftModel

    return model.get_base_model() if isinstance(model, PeftModel) else model


def agrees(model: Any, rows: Sequence[Sequence[int]]) -> bool:
    """Whether a tree gives the log-probs that padded rows give, tried on `rows` in eval mode without gradients."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    base = plain(model)
    ids = pad_sequence([torch.tensor(list(row)) for row in rows], batch_first=True)
    mask = pad_sequence([torch.ones(len(row), dtype=torch.long) for row in rows], batch_first=True)
    labels = ids.masked_fill(mask == 0, -100)
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            found = [
                _score(
                    base, packed=packed, input_ids=ids, attention_mask=mask, labels=labels, use_cache=False
                ).log_probs
                for packed in (True, False)
            ]
    except (RuntimeError, ValueError, TypeError):  # this architecture takes no mask of the caller's
        return False
    finally:
        model.train(was_training)
    return bool((found[0] - found[1]).abs().max() < _SAME)
