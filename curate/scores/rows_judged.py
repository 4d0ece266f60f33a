"""What a judge says of rows, whoever the judge is: a figure, or the reason why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from stepladder.records import Row


@dataclass(frozen=True)
class Judged:
    """Row id -> figure, row id -> reason, and what it took. No row is in both."""

    scores: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    cost: dict[str, Any] = field(default_factory=dict)


class Judge(Protocol):
    """Rates responses; higher is better."""

    name: str
    """The score's name in the ledger."""

    def of(self, rows: Sequence[Row]) -> Judged:
        """The rows' figures, from the cache where they are known."""
        ...
