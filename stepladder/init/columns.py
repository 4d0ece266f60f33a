"""The columns beside prompt and answer: which number the rows, group them, divide them into kinds, or name documents."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stepladder.records import Row
from stepladder.retrieval.documents import named_documents

_FEWEST = 20  # rows below which a column's values say nothing about it
_SLICES = (2, 12)  # fewest and most values that divide rows into kinds
_A_SLICE = 0.01  # share of the rows that each kind must have, so that it can be told apart at all
_A_GROUP = 0.2  # share of the rows that one group may have: a split can still be drawn around it
_GROUP_SIZE = 10  # most rows of a group on average; fewer and larger ones are kinds of rows
_GROUPS = re.compile(
    r"(?:^|_)(?:customer|client|user|author|patient|account|source|document|doc|page|url|file|conversation|thread|session|"
    r"ticket|group|family|topic|chapter|case)(?:_?id|_?no|_?number)?s?$"
)  # names of what rows share a text or a person with


@dataclass(frozen=True)
class Column:
    """One column: how many rows have it, its distinct values, and its role. `named`: its name says that it groups."""

    name: str
    filled: int
    distinct: int
    role: Literal["id", "slice", "group", "documents", "other"]
    named: bool = False


def columns_of(rows: Sequence[Row], documents: Collection[str]) -> list[Column]:
    """The columns in the order in which they come; `documents` are the ids of the knowledge folder."""
    names = dict.fromkeys(name for row in rows for name in row.metadata)
    return [_column(name, rows, documents) for name in names]


def _column(name: str, rows: Sequence[Row], documents: Collection[str]) -> Column:
    values = [row.metadata[name] for row in rows if row.metadata.get(name) not in (None, "", [])]
    counts = Counter(map(repr, values))
    named = _GROUPS.search(name.strip().lower().replace(" ", "_")) is not None
    role: Any = "other"
    if name == "documents" and documents and _name_documents(rows, documents):
        role = "documents"
    elif len(values) >= _FEWEST and all(
        isinstance(value, str | int) and not isinstance(value, bool) for value in values
    ):
        role = _role(values, counts, len(rows))
    return Column(name, len(values), len(counts), role, named)


def _role(values: Sequence[Any], counts: Counter[str], rows: int) -> str:
    most, fewest = counts.most_common(1)[0][1], min(counts.values())
    short = all(len(str(value)) <= 60 for value in values)
    if not short:
        return "other"
    if len(counts) == len(values):
        return "id" if len(values) >= 0.95 * rows and not any(" " in str(value) for value in values) else "other"
    if _SLICES[0] <= len(counts) <= _SLICES[1] and fewest >= max(2, _A_SLICE * rows) and 2 * len(values) >= rows:
        return "slice"
    shared = 2 * sum(count for count in counts.values() if count > 1) >= len(values)
    small = most <= _A_GROUP * rows and len(values) <= _GROUP_SIZE * len(counts)
    return "group" if shared and small else "other"


def _name_documents(rows: Sequence[Row], documents: Collection[str]) -> bool:
    named = [name for row in rows for name in named_documents(row.metadata)]
    return bool(named) and sum(name in documents for name in named) >= 0.9 * len(named)
