"""Responses scored by a local reward model: a sequence classifier with one output."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stepladder import console
from stepladder.errors import UserError
from stepladder.records import Row, content_id
from stepladder.rendering import TemplateFault, render

from .rows_judged import Judged
from .store import Store

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class RewardModel:
    """The classifier's output for each rendered conversation, higher is better; its unit is the model's own.

    A row at a time: classifiers look for the last token that is not padding, and where padding is the end token (as in
    SmolLM2) a padded batch would score another token than the end.
    """

    name = "reward"

    def __init__(self, model: str) -> None:
        """Find the model; raises UserError where there is none. Weights are loaded for the first row that is not known."""
        from stepladder import models

        self._ref = models.resolve(model)
        self._tokenizer = models.load_tokenizer(self._ref)
        self._store = Store(f"reward-{self._ref.sha256[:16]}-{models.template_hash(self._tokenizer)[:16]}")

    @cached_property
    def _model(self) -> "PreTrainedModel":
        import torch
        from transformers import AutoModelForSequenceClassification

        try:
            model = AutoModelForSequenceClassification.from_pretrained(str(self._ref.path), dtype=torch.float32)
        except (OSError, ValueError) as error:
            what = f"cannot be loaded as a classifier ({str(error).splitlines()[0]})"
            raise UserError(f"curate.judge.model '{self._ref.name}'", what, "Name a reward model") from error
        if model.config.num_labels != 1:
            what = f"has {model.config.num_labels} outputs, so none of them is the reward"
            raise UserError(f"curate.judge.model '{self._ref.name}'", what, "Name a model with one output")
        model.config.pad_token_id = None  # the last token counts, whichever it is
        found: PreTrainedModel = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        return found

    def of(self, rows: Sequence[Row]) -> Judged:
        """Score what is not known; a row that the template cannot carry, or the model has no room for, has none."""
        out = Judged()
        ids = {row.id: self._ids(row, out.failed) for row in rows}
        keys = {row_id: content_id(found) for row_id, found in ids.items() if found}
        todo = {keys[row_id]: ids[row_id] for row_id in keys if keys[row_id] not in self._store}
        if todo:
            with console.track("scoring with the reward model", len(todo)) as advance:
                for key, found in todo.items():
                    self._store.keep(key, {"reward": self._forward(found or [])})
                    advance()
        out.scores.update({row_id: float(self._store[key]["reward"]) for row_id, key in keys.items()})
        out.cost["rows"] = len(todo)
        return out

    def _ids(self, row: Row, failed: dict[str, str]) -> list[int] | None:
        answer = row.answers["chosen" if row.kind == "preference" else "completion"]
        try:
            ids = render(self._tokenizer, row.prompt, answer, row.tools).ids
        except TemplateFault as fault:
            failed[row.id] = str(fault)
            return None
        if len(ids) > self._tokenizer.model_max_length:
            failed[row.id] = f"{len(ids)} tokens are more than the {self._tokenizer.model_max_length} of the model"
            return None
        return ids

    def _forward(self, ids: Sequence[int]) -> float:
        import torch

        with torch.inference_mode():
            logits: Any = self._model(input_ids=torch.tensor([list(ids)], device=self._model.device)).logits
        return float(logits[0, 0])
