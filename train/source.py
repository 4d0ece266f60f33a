"""Where the rows to train on come from: a curated directory, or any file that can be read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stepladder import rundir
from stepladder.errors import UserError
from stepladder.reading import read_files, read_rows
from stepladder.records import KINDS, Kind, Message, Row


@dataclass(frozen=True, slots=True)
class FlipRate:
    """Share of the pairs to train on that are the wrong way round, as curation estimates it, and its 95 % interval."""

    share: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether the interval leaves 0 and the share is one that a loss can allow for, which a half is not."""
        return self.low > 0 and self.share < 0.5


@dataclass(frozen=True)
class Source:
    """The rows of one kind, their splits, and a fingerprint of the files that hold them."""

    train: Sequence[Row]
    dev: Sequence[Row]
    fingerprint: str
    flip_rate: FlipRate | None = None
    """Of pairs that were curated."""


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
    learnt, asked = ([_led(row, system) for row in rows] for rows in (train, dev))
    return Source(learnt, asked, rundir.fingerprint(*files), _flip_rate(curated) if kind == "preference" else None)


def _flip_rate(curated: Path) -> FlipRate | None:
    file = curated / "summary.json"
    if not file.is_file():
        return None
    found = (json.loads(file.read_text(encoding="utf-8")).get("preference") or {}).get("flip_rate")
    return FlipRate(found["share"], found["low"], found["high"]) if found else None


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
