"""Preference formats: two answers to one prompt, which stands apart or must be cut from the front of both."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stepladder.formats import prompts, transcripts
from stepladder.formats.columns import Columns
from stepladder.formats.conversations import conversation
from stepladder.formats.shape import Draft, Format
from stepladder.formats.turns import described, role_of, turns
from stepladder.inputs.item import RowFault
from stepladder.records import Message

Turns = tuple[Message, ...]

_BOTH = ("chosen", "rejected")
_IN = ("input", "preferred_output", "non_preferred_output")


def formats() -> list[Format]:
    """The formats with two answers."""
    texts = [Format("preference", (p, *_BOTH), _explicit(p), prompts.SYSTEM) for p in ("prompt", "question", "query")]
    talks = [
        Format("preference", (p, *_BOTH), _explicit(p, conversation), prompts.SYSTEM, when=_waits(p))
        for p in ("messages", "conversations")
    ]  # LLaMA-Factory
    alpaca = Format("preference", ("instruction", *_BOTH), _alpaca, ("input", "history", *prompts.SYSTEM))
    hh = Format("hh", _BOTH, _implicit, when=_are_transcripts)
    implicit = Format("implicit", _BOTH, _implicit, prompts.SYSTEM, when=lambda columns: not _are_transcripts(columns))
    return [*texts, *talks, alpaca, Format("openai_preference", _IN, _openai), hh, implicit]


def _explicit(column: str, prompt_of: Callable[[Columns, str], Turns] = prompts.plain) -> Callable[[Columns], Draft]:
    return lambda columns: _pair(prompt_of(columns, column), _answer(columns, "chosen"), _answer(columns, "rejected"))


def _alpaca(columns: Columns) -> Draft:
    return _pair(prompts.instruction(columns, "input"), _answer(columns, "chosen"), _answer(columns, "rejected"))


def _pair(prompt: Turns, chosen: Turns, rejected: Turns) -> Draft:
    """A draft; a prompt that an answer repeats (as in UltraFeedback) is cut from it, at the end of a turn."""
    own = tuple(turn for turn in prompt if turn["role"] != "system")
    fronts = [front for front in (prompt, own) if front and front[0]["role"] != "assistant"]
    answers = {"chosen": _without(fronts, chosen), "rejected": _without(fronts, rejected)}
    return Draft("preference", prompt, answers)


def _without(fronts: list[Turns], answer: Turns) -> Turns:
    for front in fronts:
        while len(answer) >= len(front) and answer[: len(front)] == front:
            answer = answer[len(front) :]
    return answer


def _answer(columns: Columns, column: str) -> Turns:
    value = columns[column]
    return transcripts.split(value) if transcripts.is_transcript(value) else turns(value, column, "assistant")


def _implicit(columns: Columns) -> Draft:
    """The turns that both sides begin with are the prompt.

    The cut is at a turn's end and before the first differing answer, never inside a text: TRL 1.16's `extract_prompt`
    cuts {"chosen": "Paris ", "rejected": "London"} into the prompt "Paris" (research/curation.md, 0.6).
    """
    sides = [_answer(columns, column) for column in _BOTH]
    if all(isinstance(columns[column], str) for column in _BOTH) and not _are_transcripts(columns):
        raise RowFault(
            "'chosen' and 'rejected' are texts without turns, so without a 'prompt' nobody knows where it ends"
        )
    cut = _shared(*sides)
    if cut == 0:
        raise RowFault("'chosen' and 'rejected' share no first turn and there is no 'prompt'")
    chosen, rejected = (side[cut:] for side in sides)
    return _pair(prompts.with_system(columns, sides[0][:cut]), chosen, rejected)


def _shared(one: Turns, other: Turns) -> int:
    """How many turns both begin with, up to the last that is not the assistant's: like answers stay answers."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    while count > 0 and one[count - 1]["role"] == "assistant":
        count -= 1
    return count


def _openai(columns: Columns) -> Draft:
    """OpenAI's preference rows: the prompt and its tools stand in `input`."""
    asked = columns["input"]
    if isinstance(asked, dict):
        if not isinstance(asked.get("messages"), list):
            raise RowFault(f"'input.messages' is {described(asked.get('messages'))}, not a list of turns")
        extra = {key: value for key, value in asked.items() if key not in ("messages", "tools") and value is not None}
        prompt, tools = turns(asked["messages"], "input.messages", "user"), asked.get("tools")
    else:
        prompt, tools, extra = turns(asked, "input", "user"), None, {}
    chosen, rejected = (turns(columns[column], column, "assistant") for column in _IN[1:])
    return replace(_pair(prompt, chosen, rejected), tools=tools, metadata=extra)


def _are_transcripts(columns: Columns) -> bool:
    return all(transcripts.is_transcript(columns[column]) for column in _BOTH)


def _waits(column: str) -> Callable[[Columns], bool]:
    """Whether the conversation in `column` ends before the assistant's turn, so that it can be the prompt of a pair."""

    def waits(columns: Columns) -> bool:
        value: Any = columns[column]
        last = value[-1] if isinstance(value, list) and value else None
        return not isinstance(last, dict) or role_of(str(last.get("role", last.get("from")))) != "assistant"

    return waits
