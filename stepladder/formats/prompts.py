"""The prompt of a row: a text or turns in one column, with a system prompt, an input or earlier turns from others."""

from typing import Any

from stepladder.formats import transcripts
from stepladder.formats.columns import Columns
from stepladder.formats.turns import described, turns
from stepladder.inputs.item import RowFault
from stepladder.records import Message

SYSTEM = ("system", "system_prompt")


def plain(columns: Columns, column: str) -> tuple[Message, ...]:
    """The prompt in one column: a text is a user turn, or an HH transcript that waits for the assistant."""
    value = columns[column]
    if transcripts.is_transcript(value) and value.rstrip().endswith("\n\nAssistant:"):
        return with_system(columns, transcripts.split(value))
    return with_system(columns, turns(value, column, "user"))


def instruction(columns: Columns, context: str) -> tuple[Message, ...]:
    """Alpaca's prompt: `history` as turns, then the instruction and, a blank line below, that of column `context`."""
    parts = [text(columns, "instruction"), text(columns, context)]
    asked = "\n\n".join(part for part in parts if part.strip()) or parts[0]
    return with_system(columns, (*_history(columns["history"]), Message(role="user", content=asked)))


def with_system(columns: Columns, prompt: tuple[Message, ...]) -> tuple[Message, ...]:
    """`prompt` below the system prompt of the row's own column, if it has one.

    Raises:
        RowFault: the turns hold another system prompt.
    """
    if columns.present.isdisjoint(SYSTEM):
        return prompt
    column = next(name for name in SYSTEM if name in columns.present)
    system = text(columns, column)
    if not system.strip():
        return prompt
    present = [turn["content"] for turn in prompt if turn["role"] == "system"]
    if not present:
        return (Message(role="system", content=system), *prompt)
    if present != [system]:
        raise RowFault(f"'{column}' and a system turn say different things")
    return prompt


def text(columns: Columns, column: str) -> str:
    """The text in a column; none is an empty one.

    Raises:
        RowFault: something else stands there.
    """
    value = columns[column]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowFault(f"'{column}' is {described(value)}")
    return value


def _history(value: Any) -> list[Message]:
    """LLaMA-Factory's earlier turns: a list of [question, answer]."""
    if value is None:
        return []
    pairs = value if isinstance(value, list) else [value]
    if not all(isinstance(pair, list) and len(pair) == 2 and all(isinstance(t, str) for t in pair) for pair in pairs):
        raise RowFault("'history' is not a list of pairs of texts")
    roles = ("user", "assistant")
    return [Message(role=role, content=said) for pair in pairs for role, said in zip(roles, pair, strict=True)]
