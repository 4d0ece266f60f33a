"""From what stands on the command line to the files that hold rows."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from stepladder.errors import UserError
from stepladder.inputs.hub import is_saved, looks_like_id
from stepladder.inputs.item import RowFault
from stepladder.inputs.json_value import parse

SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow")
_PACKED = (".gz", ".zst")
_SPLITS = ("sft", "preference", "unpaired")  # where a curated directory keeps its rows
_NOT_ROWS = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "manifest.json"}
_PEEK = 2**16  # bytes of a file without a telling name that are looked at


@dataclass(frozen=True, slots=True)
class Found:
    """One place that holds rows. `name` is what messages and the ledger call it."""

    name: str
    kind: Literal["stdin", "file", "saved", "hub"]
    path: Path = Path()


def find(argument: str) -> list[Found]:
    """The places that one argument stands for, in order: a file, the data files of a folder, a data set, `-` for stdin.

    In a folder, data files are those with a known suffix and those that hold JSONL whatever their name; hidden files
    and folders are left out. Of a directory that `stepladder curate` wrote, only the splits count: its ledger, summary
    and dropped rows are no data.

    Raises:
        UserError: nothing is there, or a folder without data files.
    """
    if argument == "-":
        return [Found("stdin", "stdin")]
    path = Path(argument).expanduser()
    if path.is_dir():
        found = [Found(str(Path(argument) / inner.relative_to(path)), kind, inner) for inner, kind in _in_folder(path)]
        if not found:
            todo = f"Data files end in {', '.join(SUFFIXES)}, or in one of these and .gz or .zst"
            raise UserError(argument, "this folder holds no data files", todo)
        return found
    if path.exists():
        return [Found(argument, "file", path)]
    if looks_like_id(argument) and not _suffix(path.name) and not path.parent.is_dir():
        return [Found(argument, "hub")]
    raise UserError(argument, "there is no such file or folder", _hint(path))


def without_repeats(found: Sequence[Found]) -> list[Found]:
    """`found` without places named twice (a folder and a file in it): a row read twice would be its own duplicate."""
    kept: dict[str, Found] = {}
    for one in found:
        kept.setdefault(os.path.realpath(one.path) if one.kind in ("file", "saved") else f"{one.kind} {one.name}", one)
    return list(kept.values())


def _in_folder(folder: Path) -> Iterator[tuple[Path, Literal["file", "saved"]]]:
    if is_saved(folder):
        yield folder, "saved"
        return
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    if _is_curated(folder):
        entries = [entry for entry in entries if entry.name in _SPLITS]
    for entry in entries:
        if entry.is_dir():
            if not entry.is_symlink():  # a link to a folder above would never end
                yield from _in_folder(entry)
        elif _is_data(entry):
            yield entry, "file"


def _is_curated(folder: Path) -> bool:
    if (folder / "ledger.jsonl").is_file():
        return True
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("stage") == "curate"


def _suffix(name: str) -> str:
    """The suffix that tells what a file holds, without .gz and .zst; "" when it tells nothing."""
    stem = name.lower()
    for packed in _PACKED:
        stem = stem.removesuffix(packed)
    return next((suffix for suffix in SUFFIXES if stem.endswith(suffix)), "")


def _is_data(file: Path) -> bool:
    if file.name in _NOT_ROWS or not file.is_file():
        return False
    if _suffix(file.name):
        return True
    with open(file, "rb") as opened:
        line = opened.read(_PEEK).lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0]
    try:
        return line.startswith(b"{") and isinstance(parse(line), dict)
    except RowFault:
        return False


def _hint(path: Path) -> str:
    if path.parent.is_dir():
        near = get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1)
        return f"Did you mean '{path.parent / near[0]}'" if near else "Check the path"
    return f"There is no folder '{path.parent}' either; check the path"
