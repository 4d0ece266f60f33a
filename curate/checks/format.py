"""format: the response departs from the rule that the project declares."""

from stepladder.answer_format import FormatRule
from stepladder.records import Row

from ..check import check
from ..text import answer_text


@check("format", action="review", needs=("rule",))
def format(row: Row, *, rule: FormatRule) -> str | None:
    """List the departures from `format:` in the project file; the evaluation measures outputs by the same rule."""
    return "; ".join(rule.faults(answer_text(row), row.metadata)) or None
