"""One loaded base model that answers with any of its adapters: prompts read once, then reference scored, then answer written."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder import models
from stepladder.hush import quiet_transformers

if TYPE_CHECKING:
    import torch
    from transformers import DynamicCache

_WORTH_SHARING = 24
"""A common beginning of fewer tokens is not worth a cache of its own."""


@dataclass(frozen=True)
class Job:
    """One prompt to answer: its token ids, and the reference's ids, whose likelihood is measured on the way."""

    prompt: tuple[int, ...]
    reference: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """`nll`: mean negative log-likelihood of the reference, nats per token. `seconds`: its share of the batch's time.

    `latency`: seconds from the start of the batch until this answer was complete. `stopped`: it ended by itself.
    """

    ids: tuple[int, ...]
    nll: float
    seconds: float
    latency: float
    stopped: bool


class Answerer:
    """The base model and its adapters, loaded once; adapters are switched, never reloaded."""

    def __init__(self, ref: models.ModelRef, quantize: models.Quantize, adapters: dict[str, Path]) -> None:
        quiet_transformers()
        self.tokenizer = models.load_tokenizer(ref)
        self.model: Any = models.load_model(ref, quantize)
        if quantize == "nf4" and self.model.device.type == "cpu":
            models.dequantise(self.model)
        self.end = models.end_ids(self.tokenizer, self.model)
        self.context = int(getattr(self.model.config, "max_position_embeddings", 0) or 1 << 30)
        self._has_adapters = bool(adapters)
        for name, directory in adapters.items():
            self._add(name, directory)
        self.model.eval()

    def _add(self, name: str, directory: Path) -> None:
        from peft import PeftModel

        if isinstance(self.model, PeftModel):
            self.model.load_adapter(str(directory), adapter_name=name)
        else:
            self.model = PeftModel.from_pretrained(self.model, str(directory), adapter_name=name)
        models.guard(self.model)

    @contextmanager
    def using(self, adapter: str | None) -> Iterator[None]:
        """Answer with this adapter, or with the bare base model."""
        if adapter is not None:
            self.model.set_adapter(adapter)
        with self.model.disable_adapter() if self._has_adapters and adapter is None else nullcontext():
            yield

    def answer(self, jobs: Sequence[Job], *, batch: int, limit: int) -> Iterator[tuple[list[int], list[Answer]]]:
        """Greedy answers of at most `limit` tokens, batch by batch, shortest prompts first.

        Yields (positions in `jobs`, their answers). What all prompts have in common at their beginning is computed once.
        """
        import torch

        order = sorted(range(len(jobs)), key=lambda i: (len(jobs[i].prompt), jobs[i].prompt))
        with torch.inference_mode():
            shared = self._shared_prefix([job.prompt for job in jobs])
            for start in range(0, len(order), batch):
                positions = order[start : start + batch]
                yield positions, self._batch([jobs[i] for i in positions], shared, limit)

    def _shared_prefix(self, prompts: Sequence[tuple[int, ...]]) -> "tuple[int, DynamicCache | None]":
        from transformers import DynamicCache

        length = _common(min(prompts), max(prompts)) if len(prompts) > 1 else 0
        if length < _WORTH_SHARING:
            return 0, None
        cache = DynamicCache(config=self.model.config)
        ids = self._tensor([prompts[0][:length]])
        self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return length, cache

    def _batch(self, jobs: "list[Job]", shared: "tuple[int, DynamicCache | None]", limit: int) -> list[Answer]:
        import torch

        start = time.perf_counter()
        length, prefix = shared
        cache, mask = self._read_prompts([job.prompt for job in jobs], length, prefix)
        last = self._tensor([[job.prompt[-1]] for job in jobs])
        nll = self._score(jobs, cache, mask, last)
        written, finished_at, stopped = self._write(cache, mask, last, limit)
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        share = (time.perf_counter() - start) / len(jobs)
        return [Answer(tuple(written[i]), nll[i], share, finished_at[i] - start, stopped[i]) for i in range(len(jobs))]

    def _read_prompts(
        self, prompts: list[tuple[int, ...]], length: int, prefix: "DynamicCache | None"
    ) -> "tuple[DynamicCache, torch.Tensor]":
        """Cache of every prompt without its last token, and the mask (B, T): padding stands between prefix and the rest."""
        import copy

        import torch
        from transformers import DynamicCache

        rests = [p[length:-1] for p in prompts]
        width = max(len(r) for r in rests)
        if prefix is None:
            cache = DynamicCache(config=self.model.config)
        else:
            cache = copy.deepcopy(prefix)
            cache.batch_repeat_interleave(len(prompts))
        pad = self.tokenizer.pad_token_id
        ids = self._tensor([[pad] * (width - len(r)) + list(r) for r in rests])
        mask = self._tensor([[1] * length + [0] * (width - len(r)) + [1] * len(r) for r in rests])
        if width:
            positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, length:]
            self.model(
                input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True, logits_to_keep=1
            )  # fmt: skip
        assert isinstance(mask, torch.Tensor)
        return cache, mask

    def _score(
        self, jobs: "list[Job]", cache: "DynamicCache", mask: "torch.Tensor", last: "torch.Tensor"
    ) -> list[float]:
        """Mean NLL of each reference behind its prompt; the cache is left as it was."""
        import torch

        width = max(len(job.reference) for job in jobs)
        if width == 0:
            return [float("nan")] * len(jobs)
        pad = self.tokenizer.pad_token_id
        target = self._tensor([list(j.reference) + [pad] * (width - len(j.reference)) for j in jobs])
        real = self._tensor([[1] * len(j.reference) + [0] * (width - len(j.reference)) for j in jobs])
        full = torch.cat([mask, torch.ones_like(last), real[:, :-1]], dim=1)
        positions = (full.cumsum(-1) - 1)[:, mask.shape[1] :]
        ids = torch.cat([last, target[:, :-1]], dim=1)
        out = self.model(
            input_ids=ids, attention_mask=full, position_ids=positions, past_key_values=cache, use_cache=True
        )
        cache.crop(-width)
        rows, places = real.bool().nonzero(as_tuple=True)
        losses = torch.nn.functional.cross_entropy(
            out.logits[rows, places].float(), target[rows, places], reduction="none"
        )
        sums = torch.zeros(len(jobs), device=losses.device).index_add_(0, rows, losses)
        return [float(x) for x in sums / real.sum(1)]

    def _write(
        self, cache: "DynamicCache", mask: "torch.Tensor", last: "torch.Tensor", limit: int
    ) -> tuple[list[list[int]], list[float], list[bool]]:
        """Greedy decoding; a finished row leaves the batch at once."""
        import torch

        from .growing_cache import growing

        cache, rows = growing(cache), last.shape[0]
        written: list[list[int]] = [[] for _ in range(rows)]
        finished, stopped = [0.0] * rows, [False] * rows
        alive = list(range(rows))
        for step in range(limit):
            mask = torch.cat([mask, torch.ones_like(last)], dim=1)
            positions = mask.sum(-1, keepdim=True) - 1
            out = self.model(
                input_ids=last, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True
            )
            chosen = out.logits[:, -1].argmax(-1)
            keep: list[int] = []
            for place, (row, token) in enumerate(zip(alive, chosen.tolist(), strict=True)):
                written[row].append(token)
                stopped[row] = token in self.end
                finished[row] = time.perf_counter()
                if not stopped[row] and step + 1 < limit:
                    keep.append(place)
            if not keep:
                break
            if len(keep) < len(alive):
                index = self._tensor(keep)
                cache.batch_select_indices(index)
                mask, chosen, alive = mask[index], chosen[index], [alive[p] for p in keep]
            last = chosen[:, None]
        return written, finished, stopped

    def _tensor(self, values: Any) -> "torch.Tensor":
        import torch

        return torch.tensor(values, dtype=torch.long, device=self.model.device)

    def text(self, ids: Sequence[int]) -> str:
        """The answer's text without its end token."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()


def _common(first: tuple[int, ...], last: tuple[int, ...]) -> int:
    """Length of what all prompts share, given the smallest and the largest of them; a prompt's last token never counts."""
    most = min(len(first), len(last)) - 1
    return next((i for i in range(most) if first[i] != last[i]), most)
