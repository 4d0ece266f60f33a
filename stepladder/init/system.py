"""The system turn that the rows share, if they share one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stepladder.records import Row


@dataclass(frozen=True)
class System:
    """`text` is the one system turn of all rows that have one, or None where they differ; counts are rows."""

    text: str | None
    having: int
    different: int
    rows: int


def system_of(rows: Sequence[Row]) -> System:
    """The system turns at the start of the prompts."""
    turns = Counter(str(row.prompt[0]["content"]) for row in rows if row.prompt and row.prompt[0]["role"] == "system")
    text = next(iter(turns)) if len(turns) == 1 else None
    return System(text, turns.total(), len(turns), len(rows))
