"""What training will see of a row: its tokens in the real template of the real model. Used only with --model."""

import json
from typing import TYPE_CHECKING, Any

from stepladder.records import Row
from stepladder.rendering import Rendered, TemplateFault, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Tokens:
    """Rows rendered once each, with the length in tokens at which training cuts them (from the start: `keep_start`)."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", max_length: int) -> None:
        self._tokenizer = tokenizer
        self.max_length = max_length
        self._known: dict[str, dict[str, Rendered] | TemplateFault] = {}

    @property
    def special_tokens(self) -> frozenset[str]:
        """The control tokens of this tokenizer, as text."""
        added = (str(token) for token in self._tokenizer.added_tokens_decoder.values() if token.special)
        return frozenset({*map(str, self._tokenizer.all_special_tokens), *added})

    def rendered(self, row: Row) -> dict[str, Rendered]:
        """Each response of the row with its prompt. Raises TemplateFault when the template cannot carry it."""
        if row.id not in self._known:
            try:
                self._known[row.id] = {
                    n: render(self._tokenizer, row.prompt, a, row.tools) for n, a in row.answers.items()
                }
            except TemplateFault as fault:
                self._known[row.id] = fault
        found = self._known[row.id]
        if isinstance(found, TemplateFault):
            raise found
        return found

    def fitting(self, row: Row) -> dict[str, Rendered]:
        """As `rendered`, and {} where the template cannot carry the row: `template` says so."""
        try:
            return self.rendered(row)
        except TemplateFault:
            return {}

    def counts(self, row: Row) -> dict[str, Any] | None:
        """For the ledger: tokens of the prompt and of each response, and how many are kept, lost and carry loss."""
        rendered = self.fitting(row)
        if not rendered:
            return None
        out: dict[str, Any] = {"prompt": len(next(iter(rendered.values())).prompt_ids)}
        for name, one in rendered.items():
            kept = min(len(one.ids), self.max_length)
            trained = max(0, kept - len(one.prompt_ids))
            out[name] = {"tokens": len(one.completion_ids), "kept": kept, "lost": len(one.ids) - kept, "loss": trained}
        return {**out, "max_length": self.max_length}


def tokens_of(model: str, max_length: int | None) -> Tokens:
    """The tokenizer of `model`; without a `max_length`, the longest row that the model's positions can take."""
    from stepladder.models import load_tokenizer, resolve

    ref = resolve(model)
    tokenizer = load_tokenizer(ref)
    if max_length is None:
        settings = json.loads((ref.path / "config.json").read_text(encoding="utf-8"))
        max_length = min(int(tokenizer.model_max_length), settings.get("max_position_embeddings") or 1 << 20)
    return Tokens(tokenizer, max_length)
