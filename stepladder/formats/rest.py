"""What a row has beside prompt and answers: an id, tools, and everything else, which rides along as metadata."""

import json
from collections.abc import Mapping
from typing import Any

from stepladder.formats.columns import Columns
from stepladder.formats.turns import described
from stepladder.inputs.item import RowFault
from stepladder.writing import dumps


def own_id(columns: Columns) -> str | None:
    """The row's own id as text, or None when it has none (missing, null or blank)."""
    value = columns["id"]
    text = value if isinstance(value, str) or value is None else dumps(value)
    return text if text and text.strip() else None


def tools(columns: Columns) -> Any:
    """The tools that the row offers; a list that is written as JSON text (as in many public sets) is read.

    Raises:
        RowFault: text that is no JSON.
    """
    value = columns["tools"]
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value) or None
    except (ValueError, RecursionError) as error:
        raise RowFault(f"'tools' is {described(value)} that is not JSON") from error


def metadata(columns: Columns, used: frozenset[str], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The row's own `metadata` object and its columns that are neither `used` nor null, in one object.

    Where both have a key and differ, the column keeps it and the object's value goes under `metadata.KEY`. A `metadata`
    column that is no object is kept under `metadata`; JSON text of an object is one.
    """
    own = _object(columns["metadata"])
    columns_left = {**extra, **columns.others(used)}
    if own is None:
        if columns["metadata"] is not None:
            columns_left["metadata"] = columns["metadata"]
        return columns_left
    clashing = {f"metadata.{key}": own[key] for key in columns_left if key in own and own[key] != columns_left[key]}
    return {**own, **columns_left, **clashing}


def _object(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
