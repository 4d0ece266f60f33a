"""encoding: letters were lost before the file came here (what can be mended is mended by repairs/encoding.py)."""

from stepladder.records import Row

from ..check import check
from ..text import content_of, shown


@check("encoding", action="review", sees="row")
def encoding(row: Row) -> str | None:
    """Show where U+FFFD stands: a letter that an earlier program could not decode, and that nothing can bring back.

    Any occurrence counts (datatrove's and parallelogram's encoding checks; 0.02 to 0.07 % of public rows,
    research/curation.md section 4).
    """
    for message in (*row.prompt, *(m for answer in row.answers.values() for m in answer)):
        text = content_of(message)
        if (count := text.count("\ufffd")) > 0:
            at = text.index("\ufffd")
            return f"{count} letters are lost, the first in '{shown(text[max(0, at - 20) : at + 20])}'"
    return None
