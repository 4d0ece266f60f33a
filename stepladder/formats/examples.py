"""SFT formats with prompt and answer in columns of their own, and every SFT format with a verdict beside it (KTO)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from stepladder.formats import prompts
from stepladder.formats.columns import Columns
from stepladder.formats.labels import label
from stepladder.formats.shape import Draft, Format
from stepladder.formats.turns import turns
from stepladder.records import Message

# name -> columns of prompt and answer; Stepladder and TRL, then the usual public sets (OpenOrca has question/response)
_PAIRS = {
    "prompt_completion": ("prompt", "completion"),
    "prompt_response": ("prompt", "response"),
    "question_answer": ("question", "answer"),
    "question_response": ("question", "response"),
    "query_response": ("query", "response"),
    "input_output": ("input", "output"),
}
_LABELS = ("label", "kto_tag")


def formats() -> list[Format]:
    """The formats that need nothing but a prompt and an answer."""
    pairs = [Format(name, columns, _reader(*columns), prompts.SYSTEM) for name, columns in _PAIRS.items()]
    alpaca = Format("alpaca", ("instruction", "output"), _alpaca, ("input", "history", *prompts.SYSTEM))
    dolly = Format("dolly", ("instruction", "response"), _dolly, ("context", *prompts.SYSTEM))
    return [*pairs, alpaca, dolly]


def with_verdict(sft: Sequence[Format]) -> list[Format]:
    """Each of these formats with a column that says whether the answer is good."""
    return [
        replace(one, name="unpaired", needs=(*one.needs, column), read=_labelled(one.read, column))
        for column in _LABELS
        for one in sft
    ]


def sft(prompt: tuple[Message, ...], completion: tuple[Message, ...]) -> Draft:
    """The draft of an SFT row."""
    return Draft("sft", prompt, {"completion": completion})


def _reader(prompt: str, answer: str) -> Callable[[Columns], Draft]:
    def read(columns: Columns) -> Draft:
        return sft(prompts.plain(columns, prompt), turns(columns[answer], answer, "assistant"))

    return read


def _alpaca(columns: Columns) -> Draft:
    return sft(prompts.instruction(columns, "input"), turns(columns["output"], "output", "assistant"))


def _dolly(columns: Columns) -> Draft:
    return sft(prompts.instruction(columns, "context"), turns(columns["response"], "response", "assistant"))


def _labelled(read: Callable[[Columns], Draft], column: str) -> Callable[[Columns], Draft]:
    def read_with_label(columns: Columns) -> Draft:
        return replace(read(columns), kind="unpaired", label=label(columns[column], column))

    return read_with_label
