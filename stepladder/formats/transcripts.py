r"""Transcripts in Anthropic's HH form: "\n\nHuman: ... \n\nAssistant: ..." in one text."""

import re

from stepladder.records import Message

_TURN = re.compile(r"(?:\A\s*|\n\n)(Human|Assistant):[ ]?")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def is_transcript(value: object) -> bool:
    """Whether `value` is a text that begins with a human turn and has an assistant turn."""
    return isinstance(value, str) and value.lstrip().startswith("Human:") and "\n\nAssistant:" in value


def split(text: str) -> tuple[Message, ...]:
    """The turns of a transcript; the text of each is kept as it is, but for the space after the colon.

    A last assistant turn without words, with which HH prompts end, is no turn.
    """
    marks = list(_TURN.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    turns = [
        Message(role=_ROLES[mark[1]], content=text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)
    ]
    if turns and turns[-1]["role"] == "assistant" and not turns[-1]["content"].strip():
        turns.pop()
    return tuple(turns)
