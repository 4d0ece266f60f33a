"""From a place to its rows: read the bytes, see what they are, and hand them to the reader of that kind."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from stepladder.errors import UserError, from_os_error
from stepladder.inputs import content, delimited, hub, json_document, json_lines, tables, text
from stepladder.inputs.find import Found
from stepladder.inputs.item import Part, RowFault
from stepladder.inputs.json_value import parse

_LOOK = 100  # lines at the start of a text that decide what it is


class Knows:
    """What the readers must know of formats, and no more: which columns and which objects are a row."""

    def __init__(self, fits: Callable[[Sequence[str]], bool], is_row: Callable[[Any], bool], wanted: str) -> None:
        self.fits, self.is_row, self.wanted = fits, is_row, wanted


def load(found: Found, knows: Knows) -> Iterator[Part]:
    """The rows of one place; a part for each split of a data set.

    Raises:
        UserError: it cannot be read, or is no data.
    """
    if found.kind == "hub":
        yield from hub.from_hub(found.name)
    elif found.kind == "saved":
        yield from hub.saved(found.name, found.path)
    else:
        yield _part(found.name, _stdin() if found.kind == "stdin" else read_bytes(found.path), knows)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, or a UserError that says in words why they cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        if (known := from_os_error(error)) is not None:
            raise known from error
        raise


def _stdin() -> bytes:
    if sys.stdin.isatty():
        raise UserError("stdin", "nothing is piped in", "Pipe rows into the command, or name a file in place of -")
    return sys.stdin.buffer.read()


def _part(name: str, data: bytes, knows: Knows) -> Part:
    data = content.unpack(data, name)
    kind = content.kind_of(data, name)
    if kind != "text":
        return Part(name, tables.read(name, data, kind), columns=True)
    data = text.to_utf8(data, name)
    kind_of_text = _text_kind(name, data, knows)
    if kind_of_text == "jsonl":
        return Part(name, json_lines.read(data))
    if kind_of_text == "json":
        return Part(name, json_document.read(name, text.decode(data), knows.is_row))
    return Part(name, delimited.read(name, text.decode(data), knows.fits, knows.wanted), columns=True)


def _text_kind(name: str, data: bytes, knows: Knows) -> str:
    """Whether `data` are "jsonl", one "json" document or a "csv" table: by their content, then by the name."""
    lines = [line for line in data.split(b"\n", _LOOK)[:_LOOK] if line.strip()]
    suffix = Path(name.lower().removesuffix(".gz").removesuffix(".zst")).suffix
    if not lines:
        return "jsonl"
    if not lines[0].lstrip().startswith((b"{", b"[")):
        return _without_json_at_its_start(name, suffix, lines, knows)
    if len(lines) > 1:
        return "jsonl" if _is_object(lines[0]) or _has_a_row_a_line(lines, suffix) else "json"
    broken = suffix != ".json" and not _is_json(data)
    return "jsonl" if broken else "json"  # a broken line of JSONL is a fault of that line alone


def _without_json_at_its_start(name: str, suffix: str, lines: list[bytes], knows: Knows) -> str:
    if suffix in (".csv", ".tsv") or delimited.fits_any(text.decode(lines[0]), knows.fits):
        return "csv"
    if any(map(_is_object, lines)):
        return "jsonl"
    first = lines[0][:60].decode("utf-8", "replace").strip()
    what = f"is neither JSON nor a table with columns that Stepladder knows; it begins with {first!r}"
    todo = f"Give JSONL, JSON or Parquet, or a CSV whose first line names the columns {knows.wanted}"
    raise UserError(name, what, todo)


def _has_a_row_a_line(lines: list[bytes], suffix: str) -> bool:
    """Whether a text whose first line is broken is JSONL: half of the lines look whole, or all begin a row."""
    if not lines[0].lstrip().startswith(b"{"):
        return False
    whole = sum(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines)
    rows = all(line.startswith(b"{") and len(line.strip()) > 1 for line in lines)
    return 2 * whole >= len(lines) or (rows and suffix != ".json")


def _is_object(line: bytes) -> bool:
    return line.lstrip().startswith(b"{") and _is_json(line)


def _is_json(data: bytes) -> bool:
    try:
        parse(data)
    except RowFault:
        return False
    return True
