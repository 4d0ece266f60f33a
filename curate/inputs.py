"""What comes in: every line of the data and of the held-out file, each with an id of its own."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from stepladder import rundir
from stepladder.config import Project
from stepladder.errors import UserError
from stepladder.reading import Parsed, read_files
from stepladder.records import KINDS, content_id

from .ledger import SPLITS, Entry, Split


def gather(data: Sequence[str], heldout: str | None, format: str | None = None) -> list[tuple[Parsed, Entry]]:
    """Every input line in order, those of the held-out file last.

    A curated directory (or one of its split files) is read with its splits, which stand: its rows were curated
    before, and its held-out rows stay what they are. Ids are made unique, since a ledger line must name one row.

    Raises:
        UserError: no data, nothing in them, or a held-out line that is no row.
    """
    paths = [str(path) for name in data for path in _files(name)]
    if not paths:
        raise UserError("DATA", "no data file is named", "Name one, or set `data` in the project file")
    here = [parsed for parsed in read_files(paths, format=format) if not _is_same(parsed.source.file, heldout)]
    found = [(parsed, _entry(parsed, _settled(parsed.source.file))) for parsed in here]
    if heldout is not None:
        for parsed in read_files([heldout], format=format):
            if parsed.row is None:
                raise UserError(
                    str(parsed.source), f"a held-out row cannot be read: {parsed.fault}", "Mend or remove the line"
                )
            found.append((parsed, _entry(parsed, "heldout")))
    if not here:
        raise UserError(
            ", ".join(data), "there are no rows beside the held-out ones", "Name a file with examples to learn from"
        )
    _make_ids_unique([entry for _, entry in found])
    return found


def _files(name: str) -> list[str]:
    """The split files of a curated directory that hold rows; anything else as it is named."""
    directory = Path(name)
    if not _is_curated(directory):
        return [name]
    files = [directory / kind / f"{split}.jsonl" for kind in KINDS for split in SPLITS]
    return [str(file) for file in files if file.is_file() and file.stat().st_size]


def _is_curated(directory: Path) -> bool:
    return rundir.read_manifest(directory).get("stage") == "curate"


def _settled(file: str) -> Split | None:
    """The split that the file is, when it stands in a curated directory."""
    path = Path(file)
    inside = path.suffix == ".jsonl" and path.stem in SPLITS and path.parent.name in KINDS
    return cast(Split, path.stem) if inside and _is_curated(path.parent.parent) else None


def _is_same(file: str, heldout: str | None) -> bool:
    """Whether a data folder also holds the held-out file, whose rows are then no training rows."""
    return heldout is not None and os.path.realpath(file) == os.path.realpath(heldout)


def _entry(parsed: Parsed, settled: Split | None) -> Entry:
    own = _own_id(parsed.raw)
    row_id = parsed.row.id if parsed.row else own or content_id(parsed.raw)
    return Entry(
        id=row_id,
        source=parsed.source,
        raw=parsed.raw,
        row=parsed.row,
        given=settled == "heldout",
        split=settled,
        input_id=own if parsed.duplicate_id else None,
    )


def _own_id(raw: Any) -> str | None:
    own = raw.get("id") if isinstance(raw, dict) else None
    return str(own) if isinstance(own, str | int) and str(own) else None


def _make_ids_unique(entries: Sequence[Entry]) -> None:
    """Held-out rows keep their ids, then the first row with an id keeps it; others get #2, #3, ... as in reading.py."""
    taken = {entry.id for entry in entries}
    seen: set[str] = set()
    for entry in sorted(entries, key=lambda entry: not entry.given):
        if entry.id in seen:
            number = 2
            while (name := f"{entry.id}#{number}") in taken:
                number += 1
            taken.add(name)
            entry.input_id, entry.id = entry.input_id or entry.id, name
            entry.row = replace(entry.row, id=name) if entry.row else None
        seen.add(entry.id)


def fingerprints(project: Project, logs: Sequence[Path]) -> dict[str, str]:
    """What the manifest says this was made from: the bytes of the files on this disk, and other sources by name."""
    here = [Path(name) for name in project.data if Path(name).exists()]
    found = {"data": rundir.fingerprint(*here), "sources": ", ".join(project.data)}
    others = {"heldout": [project.heldout], "knowledge": [project.knowledge], "decisions": logs}
    for name, paths in {**others, "benchmarks": project.curate.benchmarks}.items():
        files = [Path(path) for path in paths if path]
        found |= {name: rundir.fingerprint(*files)} if files else {}
    return found
