"""Where the rows to train on come from: a curated directory, or any file that can be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stepladder import rundir
from stepladder.errors import UserError
from stepladder.reading import read_files, read_rows
from stepladder.records import KINDS, Kind, Message, Row


@dataclass(frozen=True)
class Source:
    """The rows of one kind, their splits, and a fingerprint of the files that hold them."""

    train: Sequence[Row]
    dev: Sequence[Row]
    fingerprint: str


def load(curated: Path, kind: Kind, system: str | None = None) -> Source:
    """The train and dev rows of `kind`; a file or folder that curation did not write has no dev rows.

    `system` is put in front of rows that bring no system turn, as curation does.

    Raises:
        UserError: there is nothing to read, or a line that is no row.
    """
    split = curated / kind
    if (split / "train.jsonl").is_file():
        files = [file for name in ("train", "dev") if (file := split / f"{name}.jsonl").is_file()]
        train, dev = read_rows(files[0]), read_rows(files[1]) if len(files) > 1 else []
    elif any((curated / other / "train.jsonl").is_file() for other in KINDS):
        return Source([], [], "")
    else:
        files, train, dev = [curated], _uncurated(curated, kind), []
    return Source([_led(r, system) for r in train], [_led(r, system) for r in dev], rundir.fingerprint(*files))


def _uncurated(path: Path, kind: Kind) -> list[Row]:
    parsed = read_files([str(path)])
    for line in parsed:
        if line.row is None:
            raise UserError(str(line.source), line.fault or "is no row", "Run `stepladder curate` on the data first")
    return [line.row for line in parsed if line.row is not None and line.row.kind == kind]


def _led(row: Row, system: str | None) -> Row:
    if not system or any(message["role"] in ("system", "developer") for message in row.prompt):
        return row
    return replace(row, prompt=(Message(role="system", content=system), *row.prompt))
