"""What every reader of a file yields: one row as it stood there, or the reason why it could not be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


class RowFault(Exception):
    """One row cannot be used. The message is a clause for the ledger, without a final full stop."""


@dataclass(frozen=True, slots=True)
class Item:
    """`value` is the row (its parsed value), or the text that stood there when `fault` says why it is not one."""

    line: int
    value: Any
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one file, or of one split of a data set. `columns`: all have the same columns, as in a table."""

    name: str
    items: Iterable[Item]
    columns: bool = False
