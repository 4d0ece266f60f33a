"""roles: the turns do not follow each other as a conversation does."""

from collections.abc import Sequence
from itertools import pairwise

from stepladder.records import Message, Row

from ..check import Finding, check

_KNOWN = {"system", "developer", "user", "assistant", "tool", "function", "ipython"}
_TOOLS = {"tool", "function", "ipython"}


@check("roles", action="drop", sees="row")
def roles(row: Row) -> str | Finding | None:
    """Say which turn is out of place.

    Dropped: a role that no chat template knows, and a response that is not the assistant's. Asked about: order, since
    templates differ in what they accept (Together, oumi and LLaMA-Factory demand strict alternation; ChatML does
    not).
    """
    for message in (*row.prompt, *(m for messages in row.answers.values() for m in messages)):
        if message["role"] not in _KNOWN:
            return f"no chat template knows the role '{message['role']}'"
    for name, messages in row.answers.items():
        if any(m["role"] not in _TOOLS | {"assistant"} for m in messages):
            return f"'{name}' holds a turn of the {_other(messages)}, but only the assistant's turns are learned"
    problem = _order([m["role"] for m in row.prompt])
    return Finding(problem, action="review") if problem else None


def _other(messages: Sequence[Message]) -> str:
    return next(m["role"] for m in messages if m["role"] not in _TOOLS | {"assistant"})


def _order(names: Sequence[str]) -> str | None:
    for turn, name in enumerate(names[1:], start=2):
        if name in ("system", "developer"):
            return f"turn {turn} is a system turn, which belongs in front"
    spoken = [name for name in names if name in ("user", "assistant")]
    if not spoken:
        return "the prompt has no user turn"
    if spoken[0] != "user":
        return "the conversation begins with the assistant"
    for turn, (before, name) in enumerate(pairwise(names), start=2):
        if before == name and name in ("user", "assistant"):
            return f"turns {turn - 1} and {turn} are both the {name}'s"
    return "the prompt ends with the assistant's turn" if names[-1] == "assistant" else None
