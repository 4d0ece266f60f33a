"""What training will see of a row: its tokens in the real template of the real model. Used only with --model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder.records import Row
from stepladder.rendering import Rendered, TemplateFault, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Tokens:
    """Rows rendered once each, with the length in tokens at which training cuts them (from the start: `keep_start`).

    `ends` are the ids at which generation stops.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", max_length: int, ends: frozenset[int]) -> None:
        self._tokenizer = tokenizer
        self.max_length = max_length
        self._ends = ends
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

    def text(self, rendered: Rendered) -> str:
        """What the ids say, control tokens included."""
        return str(self._tokenizer.decode(rendered.ids, clean_up_tokenization_spaces=False))

    def open_end(self, rendered: Rendered) -> str | None:
        """The last token of the response as text, where generation does not stop at it."""
        last = rendered.completion_ids[-1:]
        return None if self._ends.issuperset(last) else str(self._tokenizer.decode(last))

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


def tokens_of(model: str, *limits: int | None) -> Tokens:
    """The tokenizer of `model`, and the smallest of the `limits` that are set and the positions that the model has."""
    from stepladder.models import end_ids, load_tokenizer, resolve

    ref = resolve(model)
    tokenizer = load_tokenizer(ref)
    positions = _json(ref.path / "config.json").get("max_position_embeddings") or 1 << 20
    ends = _json(ref.path / "generation_config.json").get("eos_token_id") or []
    stops = end_ids(tokenizer) | frozenset(ends if isinstance(ends, list) else [ends])
    return Tokens(tokenizer, min(int(tokenizer.model_max_length), positions, *filter(None, limits)), stops)


def _json(file: Path) -> dict[str, Any]:
    """What a file of the model's folder says; nothing where it has no such file."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
