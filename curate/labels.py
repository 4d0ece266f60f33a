"""What in a set of rows is a label: one of a few values that many rows share."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stepladder.records import Row

from .text import answer_text

MOST = 20  # values; with more it is a name, a place or a date
_WORDS = 5


def label_sets(rows: Sequence[Row], least: int) -> Iterator[tuple[str, dict[str, str]]]:
    """(what it is, row id -> label) of every label that at least `least` rows share, and at least two of them."""
    columns: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        for name, value in row.metadata.items():
            if isinstance(value, str | bool):
                columns[f"column '{name}'"][row.id] = str(value)
        answer = answer_text(row).strip()
        if 0 < len(answer.split()) <= _WORDS:
            columns["the response"][row.id] = answer
        for key, value in _json_of(answer).items():
            if isinstance(value, str | bool):
                columns[f"'{key}' of the response"][row.id] = str(value)
    for name, labels in columns.items():
        counts = Counter(labels.values())
        shared = {value for value, count in counts.items() if count >= least}
        if 2 <= len(shared) <= MOST and sum(counts[value] for value in shared) >= 0.8 * len(labels):
            yield name, {row_id: value for row_id, value in labels.items() if value in shared}


def _json_of(answer: str) -> Mapping[str, Any]:
    if not answer.startswith("{"):
        return {}
    try:
        found = json.loads(answer)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
