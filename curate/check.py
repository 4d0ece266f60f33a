"""What a check is, and the one door that built-in checks and a user's own come through.

    @check("shouting", action="review")
    def shouting(row: Row, *, share: float = 0.5) -> str | None:
        \"\"\"Say how much of the response is in capitals, when that is more than `share`.\"\"\"

The name is the reason code, keyword-only parameters are its options (`curate.checks` in the project file), and what
it returns is what a person reads in the ledger. A new file in `checks/`, or a file named under `plugins`, is all it
takes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from stepladder.plugins import Table
from stepladder.records import KINDS, Kind, Row

Action = Literal["drop", "fix", "review", "note", "off"]
ACTIONS: tuple[Action, ...] = ("drop", "fix", "review", "note", "off")
Sees = Literal["line", "row", "answer", "dataset", "whole", "text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in words that a person can act on."""

    detail: str
    value: float | str | None = None
    """What was measured."""
    threshold: float | None = None
    """The limit that it passed."""
    other: str | None = None
    """Id of the row that it is compared with."""
    action: Action | None = None
    """Milder or stronger than the code's own action; an action that the user configured wins over both."""


@dataclass(frozen=True, slots=True)
class Check:
    """A function with its reason code, and what the stage does about a finding unless the user says otherwise."""

    code: str
    action: Action
    function: Callable[..., Any]
    sees: Sees
    """line: an input line that is no row; row: any row; answer: only responses to learn from, so not the rejected ones
    and not those labelled bad; dataset: all rows at once; whole: likewise, about no single row; text: one message."""
    kinds: tuple[Kind, ...] = KINDS
    needs: tuple[str, ...] = ()
    """What the stage must have to run it (see context.py); without it the check is skipped, and the summary says so."""
    wants: tuple[str, ...] = ()
    """What the stage hands over when it has it."""
    remembers: bool = False
    """A repair that gets `known`, one dict for all texts of a row, so that what it writes is the same in all of them."""

    @property
    def says(self) -> str:
        """The first sentence of its docstring."""
        return (self.function.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")


RowFunction = Callable[..., "str | Finding | None"]
DatasetFunction = Callable[..., Iterable[tuple[str | None, Finding]]]
RepairFunction = Callable[..., "tuple[str, str] | None"]

checks: Table[Check] = Table("check")
dataset_checks: Table[Check] = Table("dataset check")
repairs: Table[Check] = Table("repair")


def check(
    code: str,
    *,
    action: Action,
    kinds: tuple[Kind, ...] = KINDS,
    sees: Literal["line", "row", "answer"] = "answer",
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
) -> Callable[[RowFunction], RowFunction]:
    """Register a function (row, *, options) -> detail | Finding | None, run on each row of the given kinds."""

    def register(function: RowFunction) -> RowFunction:
        checks.add(code, Check(code, action, function, sees, kinds, needs, wants))
        return function

    return register


def dataset_check(
    code: str,
    *,
    action: Action,
    sees: Literal["dataset", "whole"] = "dataset",
    needs: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
) -> Callable[[DatasetFunction], DatasetFunction]:
    """Register a function (rows, *, options) that yields (row id, Finding), or (None, Finding) about the whole.

    It sees the rows that no earlier check dropped, the user's own held-out rows apart.
    """

    def register(function: DatasetFunction) -> DatasetFunction:
        dataset_checks.add(code, Check(code, action, function, sees, KINDS, needs, wants))
        return function

    return register


def repair(
    code: str, *, remembers: bool = False, wants: tuple[str, ...] = ()
) -> Callable[[RepairFunction], RepairFunction]:
    """Register a function (text, *, options) -> (repaired text, what was done) | None, run on each message's content.

    A repair must leave code alone (`text.outside_code`) and find nothing to do in its own output.
    """

    def register(function: RepairFunction) -> RepairFunction:
        repairs.add(code, Check(code, "fix", function, "text", wants=wants, remembers=remembers))
        return function

    return register


def all_checks() -> list[Check]:
    """Everything that can put a reason code in the ledger; a code may have a repair and a check."""
    return [part for table in (repairs, checks, dataset_checks) for _, part in table.items()]


def is_bad_on_purpose(row: Row) -> bool:
    """Whether the row's response is an example of what not to do."""
    return row.kind == "unpaired" and row.label is False
