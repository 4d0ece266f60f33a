"""Turns of a conversation, from whatever form they have, to messages with `role` and `content`."""

from typing import Any

from stepladder.inputs.item import RowFault
from stepladder.records import Message

ROLES = {
    "human": "user",
    "gpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function": "tool",
    "observation": "tool",
}  # ShareGPT, LLaMA-Factory, Gemma and OpenAI's older names
_PLAIN = ("system", "user", "assistant", "tool")
_TEXT_PARTS = ("text", "input_text", "output_text")  # OpenAI chat and responses
_NAMES = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}


def turns(value: Any, column: str, role: str) -> tuple[Message, ...]:
    """The messages in a cell: a text is one turn of `role`, None is that turn without words.

    Raises:
        RowFault: neither text nor turns.
    """
    if isinstance(value, str):
        return (Message(role=role, content=value),)
    if value is None:
        return (Message(role=role, content=""),)
    if isinstance(value, dict):
        return (message(value, f"'{column}'"),)
    if not isinstance(value, list):
        raise RowFault(f"'{column}' is {described(value)}")
    return tuple(
        Message(role=turn["role"], content=turn["content"])
        if _is_plain(turn)
        else message(turn, f"turn {number} of '{column}'")
        for number, turn in enumerate(value, 1)
    )


def _is_plain(turn: Any) -> bool:
    """Whether there is nothing to change: nearly all turns are so, and a file has many."""
    is_pair = type(turn) is dict and len(turn) == 2
    return is_pair and turn.get("role") in _PLAIN and type(turn.get("content")) is str


def message(turn: Any, where: str) -> Message:
    """One turn with `role` and `content` (or `from` and `value`); its other keys ride along unless they are null.

    Raises:
        RowFault: no role, no content (a turn that calls tools needs none), or content that is no text and no parts.
    """
    if not isinstance(turn, dict):
        raise RowFault(f"{where} is {described(turn)}, not an object with role and content")
    role_key = "role" if "role" in turn else "from"
    content_key = "content" if "content" in turn else "value"
    role = turn.get(role_key)
    if not isinstance(role, str):
        raise RowFault(f"{where} has no role; its keys are {listed(turn)}")
    if content_key not in turn and not turn.get("tool_calls"):
        raise RowFault(f"{where} has no content; its keys are {listed(turn)}")
    made = Message(role=role_of(role), content=content(turn.get(content_key), where))
    if len(turn) > 2 or content_key not in turn:
        others = {k: v for k, v in turn.items() if v is not None and k not in (role_key, content_key)}
        made.update(others)  # type: ignore[typeddict-item]  # what a template may use: name, tool_calls, tool_call_id
    return made


def role_of(role: str) -> str:
    """The role by its usual name; one that is not known stays as it is, for the check `roles` to judge."""
    plain = role.strip().lower()
    return ROLES.get(plain, plain if plain in _PLAIN else role)


def content(value: Any, where: str) -> Any:
    """Text as it is, None as "", parts of text joined by line ends (as vLLM does), other parts as they are."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if not isinstance(value, list):
        raise RowFault(f"the content of {where} is {described(value)}")
    texts = [_text_of_part(part) for part in value]
    return value if None in texts else "\n".join(text for text in texts if text is not None)


def _text_of_part(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, dict) and part.get("type") in _TEXT_PARTS else None
    return text if isinstance(text, str) else None


def described(value: Any) -> str:
    """What a value is, in words; numbers and truth values are shown."""
    if isinstance(value, bool):
        return f"{str(value).lower()}, not text"
    if isinstance(value, int | float):
        return f"a number ({value})"
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)


def listed(keys: Any, most: int = 12) -> str:
    """Names in quotes, for a message."""
    names = [f"'{key}'" for key in keys]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
