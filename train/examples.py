"""Rows as token ids, checked before the first step: nothing is cut, dropped or trained that nobody asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stepladder.errors import UserError
from stepladder.records import Row
from stepladder.rendering import TemplateFault, render

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_NAMED = 5  # rows that one message names; more would hide what is wrong


@dataclass(frozen=True, slots=True)
class Example:
    """One row as ids. `answers`: (completion,), or (chosen, rejected) of a preference row; only answers carry loss."""

    id: str
    prompt_ids: list[int]
    answers: tuple[list[int], ...]
    label: bool | None = None
    """Whether the answer of an unpaired row was liked."""
    scored: bool = False
    """Each answer gets one score (a reward model); else its tokens are learnt."""

    @property
    def length(self) -> int:
        """Tokens of the longest sequence: the prompt and the longest answer."""
        return len(self.prompt_ids) + max(len(answer) for answer in self.answers)

    @property
    def tokens(self) -> int:
        """Tokens that go through the model: the prompt once for each answer."""
        return sum(len(self.prompt_ids) + len(answer) for answer in self.answers)

    @property
    def trained(self) -> int:
        """Tokens that carry loss."""
        return len(self.answers) if self.scored else sum(len(answer) for answer in self.answers)


def examples(
    tokenizer: "PreTrainedTokenizerBase", rows: Sequence[Row], *, ends: frozenset[int], limit: int
) -> list[Example]:
    """Render every row and check it. `ends` are the ids at which generation stops, `limit` the longest row in tokens.

    Raises:
        UserError: rows that the template cannot carry, that are longer than `limit`, that have no token with loss or
            none without, or whose last trained token does not end generation. The rows are named.
    """
    made = [(row, _example(tokenizer, row)) for row in rows]
    found = [(row, example) for row, example in made if isinstance(example, Example)]
    broken = [(row, fault) for row, fault in made if isinstance(fault, str)]
    if broken:
        raise UserError(str(broken[0][0].source), f"the chat template cannot carry {_names(broken)}", _CURATE)
    _refuse(
        found, lambda e: f"{e.length:,} tokens" if e.length > limit else None, f"longer than {limit:,} tokens", _LONGER
    )
    _refuse(found, lambda e: "no answer" if not min(map(len, e.answers)) else None, "without a token to train", _CURATE)
    _refuse(
        found,
        lambda e: "no prompt" if not e.prompt_ids else None,
        "without a prompt: every token would be trained",
        _CURATE,
    )
    _refuse(
        found,
        lambda e: _open_end(tokenizer, e, ends),
        "not closed by an end token, so the model would never stop",
        _TEMPLATE,
    )
    return [example for _, example in found]


_CURATE = "Run `stepladder curate --model` on the data, or mend the rows"
_LONGER = "Shorten the rows, drop them, or raise train.max_length as far as the model allows"
_TEMPLATE = "Use a chat template that ends each answer with the end token, or set the generation config's eos_token_id"


def _example(tokenizer: "PreTrainedTokenizerBase", row: Row) -> Example | str:
    names = ("chosen", "rejected") if row.kind == "preference" else ("completion",)
    try:
        rendered = [render(tokenizer, row.prompt, row.answers[name], row.tools) for name in names]
    except TemplateFault as fault:
        return str(fault)
    return Example(row.id, rendered[0].prompt_ids, tuple(r.completion_ids for r in rendered), row.label)


def _open_end(tokenizer: "PreTrainedTokenizerBase", example: Example, ends: frozenset[int]) -> str | None:
    last = next((answer[-1] for answer in example.answers if answer[-1] not in ends), None)
    return None if last is None else f"ends with {tokenizer.decode([last])!r}"


def _refuse(
    found: Sequence[tuple[Row, Example]], fault_of: Callable[[Example], str | None], what: str, todo: str
) -> None:
    faulty = [(row, fault) for row, example in found if (fault := fault_of(example))]
    if faulty:
        raise UserError(str(faulty[0][0].source), f"{_names(faulty)}: {what}", todo)


def _names(faulty: Sequence[tuple[Row, str]]) -> str:
    shown = ", ".join(f"{row.id} ({fault})" for row, fault in faulty[:_NAMED])
    more = f" and {len(faulty) - _NAMED} more" if len(faulty) > _NAMED else ""
    return f"{len(faulty)} {'row' if len(faulty) == 1 else 'rows'}: {shown}{more}"
