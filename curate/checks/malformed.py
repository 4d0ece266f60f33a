"""malformed: the line is not a row."""

from stepladder.reading import Parsed

from ..check import check


@check("malformed", action="drop", sees="line")
def malformed(parsed: Parsed) -> str | None:
    """Pass on why the line could not be read as a row.

    Hard error: there is nothing to train on (Together `files check`, Mistral `validate_data.py`).
    """
    return parsed.fault
