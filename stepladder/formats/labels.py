"""Verdicts on an answer, as KTO wants them: is it good, or bad?"""

from typing import Any

from stepladder.formats.turns import described
from stepladder.inputs.item import RowFault

_GOOD = {"true", "1", "1.0", "good", "thumbs up", "👍"}
_BAD = {"false", "0", "0.0", "bad", "thumbs down", "👎"}
_WORDS = "true or false, 1 or 0, good or bad, thumbs up or thumbs down"


def label(value: Any, column: str) -> bool:
    """True for a good answer, False for a bad one.

    Raises:
        RowFault: the label is missing, or a value that is no verdict.
    """
    if value is None:
        raise RowFault(f"'{column}' is empty, so nobody knows whether the answer is good or bad")
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    word = " ".join(value.replace("_", " ").replace("-", " ").split()).casefold() if isinstance(value, str) else ""
    if word in _GOOD:
        return True
    if word in _BAD:
        return False
    shown = f"'{value[:40]}'" if isinstance(value, str) else described(value)
    raise RowFault(f"'{column}' is {shown}, no verdict on the answer ({_WORDS}); rename a column that means more")
