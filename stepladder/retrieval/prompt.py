"""The one wording in which retrieved passages stand before a question: for prompting and for training alike."""

from collections.abc import Sequence

from stepladder.errors import UserError
from stepladder.records import Message
from stepladder.retrieval.chunks import Passage

_OPENING, _QUESTION = "Documents:\n\n", "\n\nQuestion: "


def with_passages(messages: Sequence[Message], passages: Sequence[Passage]) -> list[Message]:
    """The messages with the passages before the question in the last user turn; without passages they are unchanged.

    Raises:
        UserError: no user turn with text.
    """
    copy = list(messages)
    if not passages:
        return copy
    place = _last_user(messages)
    shown = "\n\n".join(f"[{passage.document}] {passage.text}" for passage in passages)
    content = f"{_OPENING}{shown}{_QUESTION}{copy[place]['content']}"
    copy[place] = {**copy[place], "content": content}
    return copy


def shows_passages(messages: Sequence[Message]) -> bool:
    """Whether a user turn has passages before its question already, in the wording of `with_passages`."""
    asked = [m["content"] for m in messages if m["role"] == "user" and isinstance(m["content"], str)]
    return any(text.startswith(_OPENING) and _QUESTION in text for text in asked)


def query_of(messages: Sequence[Message]) -> str:
    """What to search for: the last user turn and the user turn before it, since a follow-up alone may ask nothing.

    The last comes first, so that an embedder that cuts long texts sees it whole. Assistant turns stay out: a `Source:`
    line of theirs would find its document whatever the new question is about.
    """
    last = _last_user(messages)
    earlier = [m["content"] for m in messages[:last] if m["role"] == "user" and isinstance(m["content"], str)]
    return "\n".join([messages[last]["content"], *earlier[-1:]])


def _last_user(messages: Sequence[Message]) -> int:
    for place in range(len(messages) - 1, -1, -1):
        if messages[place]["role"] == "user" and isinstance(messages[place]["content"], str):
            return place
    raise UserError(
        "prompt", "has no user turn with text to search for", "Leave this row out, or evaluate it without knowledge"
    )
