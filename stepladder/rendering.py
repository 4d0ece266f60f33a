"""The one place where messages become token ids, so that what is trained, checked, previewed and asked is the same text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepladder.lost_text import lost
from stepladder.records import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class TemplateFault(Exception):
    """The model's chat template cannot carry this row; the message says why."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Token ids of a row: the prompt with its generation prompt, and the completion up to its end token."""

    prompt_ids: list[int]
    completion_ids: list[int]

    @property
    def ids(self) -> list[int]:
        """All ids in order; the row's length is len(ids)."""
        return self.prompt_ids + self.completion_ids


def render_prompt(tokenizer: "PreTrainedTokenizerBase", messages: Sequence[Message], tools: Any = None) -> list[int]:
    """The ids a model is given at inference: the rendered messages and the opening of the assistant's turn."""
    return _encode(tokenizer, _apply(tokenizer, messages, tools, opening=True))


def render(
    tokenizer: "PreTrainedTokenizerBase", prompt: Sequence[Message], completion: Sequence[Message], tools: Any = None
) -> Rendered:
    """Prompt and completion as ids.

    The prompt's ids are exactly those of `render_prompt`. What the template writes after the last end token (SmolLM2: a
    newline) is cut off: nothing after the end token is ever generated, so nothing after it is trained.

    Raises:
        TemplateFault: the template raises, loses or alters a turn, or does not keep the prompt as a prefix.
    """
    opening = _apply(tokenizer, prompt, tools, opening=True)
    whole = _apply(tokenizer, [*prompt, *completion], tools, opening=False)
    if not whole.startswith(opening):
        raise TemplateFault("the template renders the prompt differently once an answer follows it")
    if what := lost(prompt, completion, whole):
        raise TemplateFault(f"the template drops or alters {what}")
    return Rendered(_encode(tokenizer, opening), _encode(tokenizer, _up_to_end(tokenizer, whole[len(opening) :])))


def _up_to_end(tokenizer: "PreTrainedTokenizerBase", answer: str) -> str:
    """The answer without what follows its last end token.

    Where turns end with another control token (Gemma's <end_of_turn>), only white space behind it is taken off.
    """
    end = tokenizer.eos_token
    if end and end in answer:
        return answer[: answer.rindex(str(end)) + len(end)]
    control = tuple(str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
    return answer.rstrip() if answer.rstrip().endswith(control) else answer


def _apply(tokenizer: "PreTrainedTokenizerBase", messages: Sequence[Message], tools: Any, *, opening: bool) -> str:
    if not tokenizer.chat_template:
        raise TemplateFault("the model has no chat template: choose an instruct model")
    try:
        turns: list[Any] = list(messages)
        text = tokenizer.apply_chat_template(turns, tools=tools, tokenize=False, add_generation_prompt=opening)
    except Exception as error:  # templates raise whatever their author chose
        raise TemplateFault(f"the template refuses the row: {error}") from error
    assert isinstance(text, str)
    return text


def _encode(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
