"""Whether two models are one: the greedy answers to the same prompts, and the logits along the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

from stepladder import rendering

from .probes import Probe

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LIMIT = 64
"""Tokens of a compared answer: two models that part do so early, and each token costs a step of both."""


@dataclass(frozen=True)
class Reading:
    """What a model makes of one probe.

    `answer`: its greedy answer, end token included. `logits`: float32 (T, V), before each token of the path, which is
    the first model's answer. `loss`: mean nats a token of the probe's own answer, None where it has none.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    logits: "torch.Tensor"
    loss: float | None


def read(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    probes: Sequence[Probe],
    *,
    end: frozenset[int] | None = None,
    along: Sequence[Reading] | None = None,
) -> list[Reading]:
    """Answer every probe greedily; `along` are the readings whose answers the logits follow (default: its own).

    `end` are the ids that end an answer; without them the model's generation configuration decides, as in any other
    tool that loads it.
    """
    import torch

    prompts = [rendering.render_prompt(tokenizer, p.prompt, p.tools) for p in probes]
    with torch.inference_mode():
        answers = _answers(model, prompts, end)
        paths = [r.answer for r in along] if along else answers
        return [
            Reading(tuple(prompt), answer, _logits(model, prompt, list(path)), _loss(model, tokenizer, probe))
            for prompt, answer, path, probe in zip(prompts, answers, paths, probes, strict=True)
        ]


def _answers(
    model: "PreTrainedModel", prompts: Sequence[list[int]], end: frozenset[int] | None
) -> list[tuple[int, ...]]:
    """Greedy answers of at most LIMIT tokens, all prompts in one batch padded on the left; end tokens included."""
    import torch

    stops: dict[str, Any] = {} if end is None else {"eos_token_id": sorted(end), "repetition_penalty": 1.0}
    ends = end or _as_set(model.generation_config.eos_token_id)
    pad, width = min(ends, default=0), max(map(len, prompts))  # what is padded is masked: any id will do
    ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=model.device)
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    generate: Any = model.generate
    out = generate(input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=LIMIT, pad_token_id=pad, **stops)
    return [_up_to_end(row, ends) for row in out[:, width:].tolist()]


def _as_set(ids: int | list[int] | None) -> frozenset[int]:
    return frozenset(ids if isinstance(ids, list) else [] if ids is None else [ids])


def _up_to_end(ids: list[int], ends: frozenset[int]) -> tuple[int, ...]:
    """The answer without the padding behind its end token."""
    stop = next((i + 1 for i, token in enumerate(ids) if token in ends), len(ids))
    return tuple(ids[:stop])


def _logits(model: "PreTrainedModel", prompt: list[int], path: list[int]) -> "torch.Tensor":
    """float32 (len(path), V): what the model expects before each token of `path`."""
    import torch

    ids = torch.tensor([prompt + path], device=model.device)
    out: Any = model(input_ids=ids, logits_to_keep=len(path) + 1)
    logits: torch.Tensor = out.logits[0, :-1].float()
    return logits


def _loss(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", probe: Probe) -> float | None:
    import torch

    if not probe.reference:
        return None
    row = rendering.render(tokenizer, probe.prompt, probe.reference, probe.tools)
    logits = _logits(model, row.prompt_ids, row.completion_ids)
    return float(torch.nn.functional.cross_entropy(logits, torch.tensor(row.completion_ids)))


@dataclass(frozen=True)
class Agreement:
    """The comparison as it is printed and written; `faults` is empty where the two are one model within `allowed`."""

    document: dict[str, Any]
    faults: list[str]


def compare(
    ours: Sequence[Reading], theirs: Sequence[Reading], tokenizer: "PreTrainedTokenizerBase", *, allowed: float
) -> Agreement:
    """Compare an exported model (`theirs`, read along `ours`) with the one it was made from.

    `allowed` is how far a logit may be off, in nats. Where the two prefer different tokens, that is a tie broken the
    other way when the first model held both within twice `allowed`; anything more is a fault. So is another prompt (the
    template or the tokenizer differs), and an answer that goes on or ends elsewhere although every token agrees (the
    stop tokens differ).
    """
    faults: list[str] = []
    furthest, same_tokens, tokens = 0.0, 0, 0
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True), 1):
        if a.prompt != b.prompt:
            faults.append(f"prompt {number}: it becomes other token ids (template or tokenizer differ)")
            continue
        width = min(a.logits.shape[1], b.logits.shape[1])  # an embedding may be padded to a round number of rows
        ours_here, theirs_here = a.logits[:, :width], b.logits[:, :width]
        furthest = max(furthest, float((ours_here - theirs_here).abs().max()))
        forks = (ours_here.argmax(1) != theirs_here.argmax(1)).nonzero().flatten().tolist()
        tokens, same_tokens = tokens + len(a.answer), same_tokens + len(a.answer) - len(forks)
        gaps = [_gap(ours_here[i], int(theirs_here[i].argmax())) for i in forks]
        parted = _parting(a.answer, b.answer)
        if parted is not None and parted < min(len(a.answer), len(b.answer)):
            gaps.append(_gap(ours_here[parted], b.answer[parted]))
        if max(gaps, default=0.0) > 2 * allowed:
            faults.append(
                f"prompt {number}: another token is preferred by {max(gaps):.3g} nats ({_both(a, b, tokenizer)})"
            )
        elif parted is not None and not gaps:
            faults.append(f"prompt {number}: the answer ends elsewhere ({_both(a, b, tokenizer)})")
    if furthest > allowed:
        faults.append(f"a logit differs by {furthest:.3g} nats, more than {allowed:g}")
    document = {
        "prompts": len(ours),
        "same_answers": sum(a.answer == b.answer for a, b in zip(ours, theirs, strict=True)),
        "same_tokens": round(same_tokens / tokens, 4) if tokens else None,
        "largest_logit_difference": round(furthest, 6),
        "allowed": allowed,
        "loss": _losses(ours, theirs),
        "differences": faults,
    }
    return Agreement(document, faults)


def _gap(logits: "torch.Tensor", token: int) -> float:
    """How far below the preferred token this one stands, in nats."""
    return float(logits.max() - logits[token]) if token < len(logits) else float("inf")


def _parting(first: tuple[int, ...], second: tuple[int, ...]) -> int | None:
    """The first place where two answers differ; None where they are equal."""
    if first == second:
        return None
    shorter = min(len(first), len(second))
    return next((i for i in range(shorter) if first[i] != second[i]), shorter)


def _both(a: Reading, b: Reading, tokenizer: "PreTrainedTokenizerBase") -> str:
    """Both answers from a little before where they part."""
    parted = _parting(a.answer, b.answer) or 0
    window = slice(max(0, parted - 4), parted + 8)
    return " against ".join(repr(str(tokenizer.decode(list(r.answer[window])))) for r in (a, b))


def _losses(ours: Sequence[Reading], theirs: Sequence[Reading]) -> dict[str, float] | None:
    """Mean loss on the answers that the rows give, in nats a token, of both models."""
    known = [(a.loss, b.loss) for a, b in zip(ours, theirs, strict=True) if a.loss is not None and b.loss is not None]
    if not known:
        return None
    return {
        "rows": len(known),
        "before": round(mean(a for a, _ in known), 6),
        "after": round(mean(b for _, b in known), 6),
    }
