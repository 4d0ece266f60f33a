"""What one trained cell does on the dev rows: the loss of each, the answers to some, and whether these keep the format."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder import models
from stepladder.answer_format import FormatRule
from stepladder.config import Project
from stepladder.records import Row

from ..examples import Example, examples
from ..prepare import Base

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_AT_A_TIME = 8  # prompts that are answered together


@dataclass(frozen=True)
class Questions:
    """The dev rows as tokens; the first `answered` of them are answered, the first `shown` of those shown side by side."""

    rows: list[Row]
    tokens: list[Example]
    answered: int
    shown: int


def questions(rows: Sequence[Row], base: Base, *, answered: int, shown: int) -> Questions:
    """The rows rendered as training renders them.

    Raises:
        UserError: a row that the template cannot carry.
    """
    tokens = examples(base.tokenizer, rows, ends=base.ends, limit=base.shape.context)
    return Questions(list(rows), tokens, min(answered, len(rows)), min(shown, len(rows)))


class Scorer:
    """Loads the base once and puts one adapter after the other on it; a fully tuned model is loaded by itself."""

    def __init__(self, base: Base, project: Project, asked: Questions) -> None:
        self._base, self._project, self._asked = base, project, asked
        self._loaded: Any = None

    def score(self, directory: Path, *, full: bool) -> dict[str, Any]:
        """Per-row losses (nats a token of the answer), answers, and faults of format where the project has a rule."""
        import torch

        with torch.inference_mode(), self._model(directory, full=full) as model:
            losses = [_loss(model, example) for example in self._asked.tokens]
            answers = self._answers(model)
        rule = FormatRule.from_config(self._project.format) if self._project.format else None
        kept = [
            not rule.faults(answer, row.metadata)
            for row, answer in zip(self._asked.rows, answers, strict=False)
            if rule and rule.rule_for(row.metadata)
        ]
        return {"losses": losses, "answers": answers[: self._asked.shown], "format": kept if rule else None}

    @contextmanager
    def _model(self, directory: Path, *, full: bool) -> Iterator["PreTrainedModel"]:
        """The base with the adapter of `directory`, which is taken off again."""
        from peft import PeftModel

        if full:
            yield models.load_model(models.resolve(str(directory)), "none")
            return
        if self._loaded is None:
            self._loaded = models.load_model(self._base.ref, self._project.train.quantize)
            if not self._base.on_gpu:
                models.dequantise(self._loaded)
        adapted: Any = PeftModel.from_pretrained(self._loaded, str(directory))
        adapted.eval()
        try:
            yield adapted
        finally:
            adapted.unload()

    def _answers(self, model: Any) -> list[str]:
        """Greedy answers to the first rows, as long as evaluation lets them be."""
        import torch

        tokenizer, found = self._base.tokenizer, []
        prompts = [example.prompt_ids for example in self._asked.tokens[: self._asked.answered]]
        for start in range(0, len(prompts), _AT_A_TIME):
            batch = prompts[start : start + _AT_A_TIME]
            width = max(map(len, batch))
            ids = torch.tensor([[tokenizer.pad_token_id] * (width - len(p)) + p for p in batch], device=model.device)
            mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in batch], device=model.device)
            written = model.generate(
                input_ids=ids,
                attention_mask=mask,
                max_new_tokens=self._project.evaluate.max_new_tokens,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                eos_token_id=sorted(self._base.ends),
                pad_token_id=tokenizer.pad_token_id,
            )
            found += tokenizer.batch_decode(written[:, width:], skip_special_tokens=True)
        return [text.strip() for text in found]


def _loss(model: Any, example: Example) -> float:
    """Mean negative log-likelihood of the answer's tokens."""
    import torch
    from torch.nn.functional import cross_entropy

    answer = example.answers[0]
    ids = torch.tensor([[*example.prompt_ids, *answer]], device=model.device)
    logits = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1].float()
    return float(cross_entropy(logits, ids[0, -len(answer) :]))
