"""A row after a person's edit: new texts in the places of the old ones, or a pair turned round."""

from collections.abc import Mapping
from typing import Any

from ..decisions import SYSTEM


class BadEdit(ValueError):
    """The edit cannot be made; the message is for the person at the page."""


def edited(row: Mapping[str, Any], texts: Mapping[str, str], *, swap: bool) -> dict[str, Any]:
    """The row with the texts at places such as `completion.0` (field and turn) replaced, roles and all else kept.

    `swap` exchanges chosen and rejected, after the texts.

    Raises:
        BadEdit: a place holds no text to edit, an answer is left without text, or there is no pair to turn round.
    """
    out = {**row}
    for place, text in texts.items():
        field, _, number = place.rpartition(".")
        turns = list(out[field]) if field in ("prompt", "completion", "chosen", "rejected") and field in out else []
        index = int(number) if number.isdecimal() else len(turns)
        turn = turns[index] if index < len(turns) else {}
        if not isinstance(turn.get("content"), str) or turn["role"] in SYSTEM:
            raise BadEdit(f"there is no text to edit at {place}")
        if not text.strip() and turn["content"].strip():
            raise BadEdit("a turn without text cannot be trained on: reject the row instead")
        turns[index] = {**turn, "content": text}
        out[field] = turns
    if swap:
        if "rejected" not in out:
            raise BadEdit("only a pair can be turned round")
        out["chosen"], out["rejected"] = out["rejected"], out["chosen"]
    return out
