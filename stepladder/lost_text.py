"""What a chat template leaves out: every text of a row is looked for in its rendering."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from stepladder.records import Message

_THINKING = ("reasoning_content", "reasoning", "thinking")  # vLLM and Qwen3, OpenRouter, gpt-oss


class Piece(NamedTuple):
    """A text that must stand in the rendering, and what it is, for a message."""

    text: str
    what: str


def lost(prompt: Sequence[Message], completion: Sequence[Message], rendering: str) -> str | None:
    """What the rendering drops or alters first: a turn, a tool call, or what the answer thinks; None where all is there.

    Every text must stand there as often as in the row, so a system turn that the user happens to quote is missed all
    the same. White space at its ends does not matter, and a text may stand in its JSON form, as in the arguments of a
    call. What earlier turns think is not looked for: many templates leave it out on purpose (`lost_thinking`).
    """
    turns = [*prompt, *completion]
    pieces = [piece for number, turn in enumerate(turns, 1) for piece in _of_turn(turn, number)]
    pieces += [piece for number, turn in enumerate(completion, len(prompt) + 1) for piece in _of_thinking(turn, number)]
    return _first_missing(pieces, rendering)


def lost_tools(tools: Any, rendering: str) -> str | None:
    """The first tool that the rendering does not offer by description and name, or None."""
    return _first_missing(list(_of_tools(tools)), rendering)


def lost_thinking(prompt: Sequence[Message], rendering: str) -> str | None:
    """The first earlier turn whose thinking is not in the rendering, or None."""
    pieces = [piece for number, turn in enumerate(prompt, 1) for piece in _of_thinking(turn, number)]
    return _first_missing(pieces, rendering)


def _first_missing(pieces: Sequence[Piece], rendering: str) -> str | None:
    for text, what in pieces:
        wanted = sum(other.count(text) for other, _ in pieces)
        if sum(map(rendering.count, _forms(text))) < wanted:
            return what
    return None


def _forms(text: str) -> set[str]:
    """The text as it is, and as it stands between the quotes of JSON."""
    return {text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]}


def _of_turn(turn: Message, number: int) -> Iterator[Piece]:
    content: Any = turn.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and text.strip():
            yield Piece(text.strip(), f"turn {number} ({turn['role']})")
    calls: Any = turn.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        yield from _of_call(call, number)


def _of_call(call: Any, number: int) -> Iterator[Piece]:
    function = call.get("function", call) if isinstance(call, dict) else {}
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(name, str) and name:
        yield Piece(name, f"the tool call '{name}' of turn {number}")
    if isinstance(arguments, str):
        with suppress(ValueError):  # no JSON: then it is one text
            arguments = json.loads(arguments)
    for text in _leaves(arguments):
        yield Piece(text, f"the arguments of the tool call '{name}' of turn {number}")


def _leaves(value: Any) -> Iterator[str]:
    """The texts and numbers of a JSON value; truth values are spelt in too many ways to be looked for."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif isinstance(value, str) and value.strip():
        yield value.strip()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield json.dumps(value)


def _of_tools(tools: Any) -> Iterator[Piece]:
    for tool in tools if isinstance(tools, list) else ():
        function = tool.get("function", tool) if isinstance(tool, dict) else {}
        for key in ("description", "name"):
            text = function.get(key)
            if isinstance(text, str) and text.strip():
                yield Piece(text.strip(), f"the tool '{function.get('name')}'")


def _of_thinking(turn: Message, number: int) -> Iterator[Piece]:
    for key in _THINKING:
        text: Any = turn.get(key)
        if isinstance(text, str) and text.strip():
            yield Piece(text.strip(), f"what turn {number} ({turn['role']}) thinks")
