"""Mean loss of responses under the model that will be trained: with their prompt, and alone. Needs a model.

In batches of like length, padded on the left so that the labelled tokens stand together at the end: the head, a third of
a small model's work, is computed for these alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stepladder import console
from stepladder.records import Message, Row, content_id
from stepladder.rendering import TemplateFault, render, render_prompt

from .store import Store

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_BATCH_TOKENS = 2048  # padded, prompt and response: some 16 rows of usual size
_BATCH_LABELS = 1024  # padded: 150,000 logits in float32 each take 0.6 GB


@dataclass(frozen=True, slots=True)
class Job:
    """One forward pass: the loss of `labels` after `context`, which is at least one token."""

    context: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def key(self) -> str:
        """The rendered text as ids: equal texts are one job."""
        return content_id([self.context, self.labels])


class Losses:
    """Losses of responses, in nats a token, end token included; kept in memory and in the user's cache.

    A figure depends on the batch it was computed in by rounding alone, under 1e-4.
    """

    def __init__(self, model: str, max_length: int) -> None:
        """Find the model; its weights are loaded when the first loss is not in the cache.

        Raises:
            UserError: there is no such model.
        """
        from stepladder import models

        self._ref = models.resolve(model)
        self._tokenizer = models.load_tokenizer(self._ref)
        self._max_length = max_length
        template = models.template_hash(self._tokenizer)
        self._store = Store(f"loss-{self._ref.sha256[:16]}-{template[:16]}-{_device()}")

    @cached_property
    def _model(self) -> "PreTrainedModel":
        from stepladder import models

        return models.load_model(self._ref, "none")

    def jobs(self, row: Row) -> dict[str, Job]:
        """What is measured of a row: `loss` and `loss_alone` of the response to learn from, `loss_rejected` of a pair.

        Alone: after nothing but the opening of the assistant's turn as the template writes it, so that every token of the
        response has something before it and both losses are means over the same tokens. {} where the template cannot
        carry the row, or where it is longer than what training keeps: a response cut short has another loss.
        """
        out = {}
        try:
            for name, answer in row.answers.items():
                one = render(self._tokenizer, row.prompt, answer, row.tools)
                if not one.completion_ids or len(one.ids) > self._max_length:
                    return {}
                labels = tuple(one.completion_ids)
                context = tuple(one.prompt_ids) or self._opening
                out["loss_rejected" if name == "rejected" else "loss"] = Job(context, labels)
                if name != "rejected":
                    out["loss_alone"] = Job(self._opening, labels)
        except TemplateFault:
            return {}
        return out

    @cached_property
    def _opening(self) -> tuple[int, ...]:
        """The ids that open an assistant's turn, or one token that begins or ends a text where a template has none."""
        asked: list[Message] = [{"role": "user", "content": "x"}]
        text: Any = self._tokenizer.apply_chat_template(list[Any](asked), tokenize=False, add_generation_prompt=False)
        known = tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        whole = tuple(render_prompt(self._tokenizer, asked))
        if whole[: len(known)] == known and len(whole) > len(known):
            return whole[len(known) :]
        edge = self._tokenizer.bos_token_id
        return (self._tokenizer.eos_token_id if edge is None else edge,)

    def of(self, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
        """Row id -> name -> loss, for the rows that have one. Progress is said where anything is computed."""
        wanted = {row.id: self.jobs(row) for row in rows}
        self.measure(job for jobs in wanted.values() for job in jobs.values())
        return {
            row_id: {name: float(self._store[job.key]["loss"]) for name, job in jobs.items()}
            for row_id, jobs in wanted.items()
            if jobs
        }

    def measure(self, jobs: Iterable[Job]) -> None:
        """Compute what is not known yet; each batch is on the disk before the next begins."""
        todo = {job.key: job for job in jobs if job.key not in self._store}
        if not todo:
            return
        with console.track("scoring with the model", len(todo), "texts") as advance:
            for batch in batches(list(todo.values())):
                for job, loss in zip(batch, forward(self._model, batch), strict=True):
                    self._store.keep(job.key, {"loss": loss, "tokens": len(job.labels)})
                advance(len(batch))


def _device() -> str:
    """What the model runs on: bfloat16 on a GPU gives other figures than float32 on a CPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def batches(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """The longest first, so that memory runs out at once or never; at most `_BATCH_TOKENS` padded tokens each."""
    ordered = sorted(jobs, key=lambda job: (-len(job.context) - len(job.labels), -len(job.labels), job.labels))
    batch: list[Job] = []
    for job in ordered:
        longest = len(batch[0].context) + len(batch[0].labels) if batch else 0
        labels = max((len(one.labels) for one in [*batch, job]), default=0)
        if batch and ((len(batch) + 1) * longest > _BATCH_TOKENS or (len(batch) + 1) * labels > _BATCH_LABELS):
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch


def forward(model: "PreTrainedModel", batch: Sequence[Job]) -> list[float]:
    """Mean cross-entropy of each job's labels, in nats a token."""
    import torch

    length = max(len(job.context) + len(job.labels) for job in batch)
    keep = max(len(job.labels) for job in batch)
    ids = torch.zeros((len(batch), length), dtype=torch.long)
    mask = torch.zeros_like(ids)
    targets = torch.full((len(batch), keep), -100)
    for i, job in enumerate(batch):
        whole = torch.tensor([*job.context, *job.labels])
        ids[i, length - len(whole) :], mask[i, length - len(whole) :] = whole, 1
        targets[i, keep - len(job.labels) :] = torch.tensor(job.labels)
    places = (mask.cumsum(dim=1) - 1).clamp(min=0)
    device = model.device
    with torch.inference_mode():
        logits = model(
            input_ids=ids.to(device), attention_mask=mask.to(device), position_ids=places.to(device),
            logits_to_keep=keep + 1, use_cache=False,
        ).logits[:, -keep - 1 : -1]  # fmt: skip
        targets = targets.to(device)
        known = targets != -100
        each = torch.zeros(targets.shape, device=device)
        each[known] = torch.nn.functional.cross_entropy(logits[known].float(), targets[known], reduction="none")
        return [float(loss) for loss in each.sum(dim=1) / known.sum(dim=1)]
