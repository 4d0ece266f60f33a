"""What a curated directory holds, read back: rows by type and split, and the rows that wait for a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from stepladder import formats
from stepladder.errors import UserError
from stepladder.inputs import json_lines
from stepladder.reading import read_rows
from stepladder.records import KINDS, Kind, Row, Source

from ..ledger import SPLITS


@dataclass(frozen=True)
class Curated:
    """`rows[kind][split]`; `held[kind]` are the rows in review.jsonl, each with the reasons that hold it, as one text."""

    name: str
    rows: Mapping[Kind, Mapping[str, Sequence[Row]]]
    held: Mapping[Kind, Sequence[tuple[Row, str]]]


def read_curated(directory: Path) -> Curated:
    """Read a directory that `stepladder curate` wrote.

    Raises:
        UserError: a split file holds a line that is no row, or there is no row at all.
    """
    rows: dict[Kind, dict[str, list[Row]]] = {}
    for kind in KINDS:
        if (directory / kind).is_dir():
            rows[kind] = {split: read_rows(directory / kind / f"{split}.jsonl") for split in SPLITS}
    if not rows:
        raise UserError(str(directory), "holds no rows that were kept", "Look at its report.html for what was dropped")
    return Curated(_name(directory), rows, _held(directory / "review.jsonl"))


def _name(directory: Path) -> str:
    """The data set's name as its card has it."""
    try:
        front = (directory / "README.md").read_text(encoding="utf-8").split("---\n")[1]
        return str(yaml.safe_load(front)["pretty_name"])
    except (OSError, IndexError, KeyError, TypeError, yaml.YAMLError):
        return directory.resolve().name


def _held(file: Path) -> dict[Kind, list[tuple[Row, str]]]:
    held: dict[Kind, list[tuple[Row, str]]] = {}
    for item in json_lines.read(file.read_bytes()) if file.is_file() else ():
        draft, rest = formats.recognise(item.value["row"])
        source = Source(**item.value["source"])
        row = Row(
            item.value["id"], draft.kind, draft.prompt, draft.answers, draft.label, rest.tools, rest.metadata, source
        )
        reasons = "; ".join(f"{reason['code']}: {reason['detail']}" for reason in item.value["reasons"])
        held.setdefault(row.kind, []).append((row, reasons))
    return held
