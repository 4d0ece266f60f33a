"""empty: there is no question, or no answer."""

import re

from stepladder.records import Message, Row

from ..check import check

# White space, and the characters that show nothing: zero-width, soft hyphen, BOM, controls.
_BLANK = re.compile("[\\s\u200b-\u200f\u2060\u00ad\ufeff\x00-\x1f\x7f]*")


@check("empty", action="drop", sees="row")
def empty(row: Row) -> str | None:
    """Name the prompt or response in which nothing stands.

    Hard error in every vendor's validator (Together, Mistral, oumi); an empty side of a pair also gives NaN in DPO
    (trl #6548, #6588), so `rejected` counts too. A turn that calls a tool or carries an image is not empty.
    """
    asked = [m for m in row.prompt if m["role"] != "system"]
    if not asked or _is_blank(asked[-1]):
        return "the prompt is blank" if len(asked) < 2 else "the last turn of the prompt is blank"
    for name, messages in row.answers.items():
        if not messages or all(_is_blank(m) for m in messages):
            return f"'{name}' is blank"
    return None


def _is_blank(message: Message) -> bool:
    content = message.get("content")
    if isinstance(content, str) or not content:
        return not message.get("tool_calls") and _BLANK.fullmatch(content or "") is not None
    return False
