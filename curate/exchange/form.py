"""What every target shares: the files that it makes, and the rows that its form cannot say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stepladder.records import Kind, Message, Row

from ..ledger import SPLITS
from .curated import Curated

HELD = "held_because"


class Unfit(Exception):
    """The row cannot be said in the target's form. The message is a clause that completes "rows were left out: "."""


@dataclass
class Export:
    """Files by their path in the export directory: rows (`.jsonl` or `.json`) or text. `left_out` maps reason to ids.

    `use` are lines of Markdown for the README: what to do with the files.
    """

    files: dict[str, Sequence[Mapping[str, Any]] | str] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    use: list[str] = field(default_factory=list)

    def add(self, path: str, rows: Iterable[Row], form: Callable[[Row], dict[str, Any]]) -> int:
        """Write the rows in this form to `path`, unless there are none; returns how many were written."""
        written = []
        for row in rows:
            try:
                written.append(form(row))
            except Unfit as reason:
                self.left_out.setdefault(str(reason), []).append(row.id)
        if written:
            self.files[path] = written
        return len(written)

    def add_splits(
        self, curated: Curated, kind: Kind, form: Callable[[Row], dict[str, Any]], suffix: str = ".jsonl"
    ) -> dict[str, int]:
        """Write every split of a type to a file of its own, KIND/SPLIT.jsonl; returns how many rows each has."""
        splits = curated.rows.get(kind, {})
        return {split: self.add(f"{kind}/{split}{suffix}", splits.get(split, ()), form) for split in SPLITS}

    def add_held(self, curated: Curated, kind: Kind, form: Callable[[Row], dict[str, Any]], path: str) -> int:
        """Write the rows that wait for a decision, with the reasons as `held_because` in their metadata."""
        told = [replace(row, metadata={**row.metadata, HELD: reasons}) for row, reasons in curated.held.get(kind, ())]
        return self.add(path, told, form)


Forms = Mapping[Kind, Callable[[Row], dict[str, Any]]]


def one_turn(answer: Sequence[Message]) -> Message:
    """The only turn of an answer.

    Raises:
        Unfit: it has several, or one that is not the assistant's.
    """
    if len(answer) != 1 or answer[0]["role"] != "assistant":
        raise Unfit("their answer is not one turn of the assistant")
    return answer[0]


def plain(messages: Sequence[Message]) -> list[Message]:
    """Turns of nothing but text.

    Raises:
        Unfit: a turn has tool calls, parts or other keys.
    """
    if any(set(turn) != {"role", "content"} or not isinstance(turn["content"], str) for turn in messages):
        raise Unfit("their turns hold more than text (tool calls or parts)")
    return list(messages)


def without_tools(row: Row) -> Row:
    """The row itself.

    Raises:
        Unfit: it offers tools.
    """
    if row.tools is not None:
        raise Unfit("they offer tools, which this form cannot hold")
    return row


def waits(prompt: Sequence[Message]) -> list[Message]:
    """The prompt, which must not end with the assistant's turn: in one list with the answer it would become part of it.

    Raises:
        Unfit: it does.
    """
    if prompt and prompt[-1]["role"] == "assistant":
        raise Unfit("their prompt ends with a turn of the assistant")
    return list(prompt)
