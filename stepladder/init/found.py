"""What the arguments of `init` stand for: files with rows, a file that looks held out, a folder of documents."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stepladder import formats, rundir
from stepladder.errors import UserError
from stepladder.formats import AmbiguousShape
from stepladder.inputs.find import find
from stepladder.inputs.item import RowFault
from stepladder.reading import Parsed, read_files
from stepladder.records import Row

_DOCUMENTS = (".md", ".txt", ".html", ".htm")  # what retrieval/documents.py reads, but for JSONL, which holds rows here
_ABOUT = (
    "readme",
    "license",
    "licence",
    "changelog",
    "contributing",
    "notice",
)  # files about a folder, not for retrieval
_HELDOUT = re.compile(r"(?:^|[^a-z])(?:held[^a-z]?out|hold[^a-z]?out|test|eval|evaluation)(?:[^a-z]|$)")
_DEV = re.compile(r"(?:^|[^a-z])(?:dev|val|valid|validation)(?:[^a-z]|$)")
_MANY = 12  # files of a folder from which the folder is named in their place


@dataclass(frozen=True)
class File:
    """One place with rows: a file, or a data set on the hub. `settled`: a split of a curated directory, which stands."""

    name: str
    parsed: Sequence[Parsed]
    settled: bool = False

    @property
    def rows(self) -> list[Row]:
        """The rows that can be read."""
        return [one.row for one in self.parsed if one.row is not None]

    @property
    def faults(self) -> list[Parsed]:
        """The lines that cannot."""
        return [one for one in self.parsed if one.row is None]

    def formats(self) -> Counter[str]:
        """How many rows came in which format."""
        return Counter(name for one in self.parsed if one.row is not None for name in [_format_of(one)] if name)

    @property
    def looks(self) -> str | None:
        """`heldout` or `dev`, where the name says so."""
        stem = "" if self.settled else Path(self.name).stem.lower()
        return "heldout" if _HELDOUT.search(stem) else "dev" if _DEV.search(stem) else None


@dataclass
class Found:
    """Everything that was named. `heldout` is none of `files`; `remarks` are sentences about what was left out."""

    files: list[File] = field(default_factory=list)
    heldout: File | None = None
    knowledge: Path | None = None
    documents: frozenset[str] = frozenset()
    whole_folders: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """All rows that can be learned from."""
        return [row for file in self.files for row in file.rows]

    @property
    def data(self) -> list[str]:
        """What `data` names: files one by one, or a folder of many."""
        return list(dict.fromkeys(self.whole_folders.get(file.name, file.name) for file in self.files))


def look(arguments: Sequence[str]) -> Found:
    """Read everything that the arguments name.

    Raises:
        UserError: a file that was named cannot be read, `-`, or no row to learn from.
    """
    found = Found()
    for argument in arguments:
        if argument == "-":
            raise UserError("-", "a project file cannot name stdin", "Save the rows to a file and name that")
        folder = Path(argument).expanduser()
        places = _document_folders(folder) if folder.is_dir() else []
        for place in places:
            _take_documents(found, place)
        if not places or places[0] != folder:
            _take_rows(found, argument)
    _set_heldout_apart(found)
    if not found.rows:
        raise UserError(", ".join(arguments), "there are no rows to learn from", "Name a file with examples")
    return found


def _document_folders(folder: Path) -> list[Path]:
    """The folder itself when all it holds are documents, else such folders right below it."""
    if rundir.read_manifest(folder).get("stage"):
        return []
    if _is_documents(folder):
        return [folder]
    below = sorted(inner for inner in folder.iterdir() if inner.is_dir() and not inner.name.startswith("."))
    return [inner for inner in below if _is_documents(inner)]


def _is_documents(folder: Path) -> bool:
    files = [file for file in _files(folder) if not file.stem.lower().startswith(_ABOUT)]
    return bool(files) and all(file.suffix.lower() in _DOCUMENTS for file in files)


def _files(folder: Path) -> Iterator[Path]:
    return (
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _take_documents(found: Found, folder: Path) -> None:
    if found.knowledge is not None:
        found.remarks.append(f"{folder} holds documents too, and only one folder can be `knowledge`.")
        return
    found.knowledge = folder
    found.documents = frozenset(file.relative_to(folder).with_suffix("").as_posix() for file in _files(folder))


def _take_rows(found: Found, argument: str) -> None:
    """Add the argument's files. Of a folder, what is no data is left out and said; a file that was named must be one."""
    places = find(argument)
    alone = len(places) == 1 and places[0].name == argument
    curated = rundir.read_manifest(Path(argument).expanduser()).get("stage") == "curate"
    left_out = False
    for place in places:
        try:
            file = File(place.name, _read(place.name, curated), curated)
            if not file.rows and not alone and not curated:
                raise UserError(place.name, f"no row can be read ({file.faults[0].fault})", "")
        except UserError as error:
            if alone:
                raise
            found.remarks.append(f"{error.where} is left out: {error.what}.")
            left_out = True
        else:
            found.files.append(file)
    taken = [file.name for file in found.files if file.name in {place.name for place in places}]
    many = len(taken) > _MANY and not left_out and not any(file.looks == "heldout" for file in found.files)
    if curated or many:
        found.whole_folders |= dict.fromkeys(taken, argument)


def _read(name: str, curated: bool) -> Sequence[Parsed]:
    """The rows of a place; a split of a curated directory may be empty."""
    return [] if curated and not Path(name).stat().st_size else read_files([name])


def _set_heldout_apart(found: Found) -> None:
    """The one file whose name says that it is held out; of several nobody knows which is meant."""
    named = [file for file in found.files if file.looks == "heldout"]
    if len(named) == 1 and len(found.files) > 1 and not named[0].faults:
        found.heldout = named[0]
        found.files = [file for file in found.files if file is not named[0]]
    elif named and len(found.files) > 1:
        names = ", ".join(file.name for file in named)
        found.remarks.append(f"By name held out: {names}. Name one as `heldout` and take it out of `data`.")
    for file in found.files:
        if file.looks == "dev":
            found.remarks.append(f"{file.name} looks like a dev set; its rows are pooled, and dev rows are drawn anew.")


def _format_of(parsed: Parsed) -> str | None:
    try:
        return formats.name_of(parsed.raw)
    except (RowFault, AmbiguousShape):
        return None
