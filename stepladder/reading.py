"""Files in: every line of the input once, in order, as a row with id and source, or with the reason why it is none."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from stepladder import formats
from stepladder.errors import UserError
from stepladder.formats import AmbiguousShape, UnknownShape
from stepladder.formats.shape import Draft, Rest
from stepladder.inputs import json_lines
from stepladder.inputs.find import find, without_repeats
from stepladder.inputs.item import Part, RowFault
from stepladder.inputs.load import Knows, load, read_bytes
from stepladder.records import Row, Source, content_id

_KNOWS = Knows(formats.fits, formats.is_row, formats.WANTED)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One line of the input. `row` is None exactly when `fault` says why; `raw` is what stood there.

    `raw` is the parsed value of the line, or its text where that could not be parsed. `duplicate_id`: an earlier line
    gave the same id, so the row's id got a suffix.
    """

    source: Source
    row: Row | None
    raw: Any
    fault: str | None = None
    duplicate_id: bool = False


def read_files(paths: Sequence[str], *, format: str | None = None) -> list[Parsed]:
    """Every row of the files, folders, data set ids and stdin (`-`) that `paths` name.

    What a file is, is found by its bytes; what a row is, by its columns, or `format` (one of `formats.NAMES`) for all
    rows. `source.line` is the line where the row starts, or the row's number in Parquet, Arrow and data sets. Blank
    lines are no rows. A row without an id gets one from its prompt and answers; the second row with an id gets `#2`
    added, the third `#3`, and so on with numbers that make it unique. A place that is named twice is read once.

    Raises:
        UserError: something is not there, is not data or has no rows; two formats fit a row and differ; no column of a
            table is known; no such format.
    """
    formats.check_name(format)
    named = {argument: find(argument) for argument in paths}
    kept = {id(one) for one in without_repeats([one for places in named.values() for one in places])}
    lines: list[_Line] = []
    with _no_collection():
        for argument, places in named.items():
            before = len(lines)
            fresh = [one for one in places if id(one) in kept]
            for part in (part for one in fresh for part in load(one, _KNOWS)):
                lines += _lines(part, format)
            if fresh and len(lines) == before:
                name = "stdin" if argument == "-" else argument
                raise UserError(name, "there are no rows in it", "Name a file or folder that holds at least one row")
        return _with_ids(lines)


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file that Stepladder wrote, such as a split; a file without rows is an empty split.

    Raises:
        UserError: the file is missing, a line is no row, or an id stands twice.
    """
    items = json_lines.read(read_bytes(path).removeprefix(b"\xef\xbb\xbf"))
    with _no_collection():
        parsed = _with_ids(_lines(Part(str(path), items), None))
    todo = "Mend the line, or run `stepladder curate` on the file"
    for one in parsed:
        if one.fault is not None:
            raise UserError(str(one.source), one.fault, todo)
        if one.duplicate_id and one.row is not None:
            given = one.row.id.rpartition("#")[0]
            raise UserError(str(one.source), f"an earlier row has the same id '{given}'", todo)
    return [one.row for one in parsed if one.row is not None]


class _Line(NamedTuple):
    """A line before its row has an id: either `fault` says why there is none, or the other two are there."""

    source: Source
    raw: Any
    fault: str | None = None
    draft: Draft | None = None
    rest: Rest | None = None


def _lines(part: Part, format: str | None) -> list[_Line]:
    """The rows of one part; where a table has no known columns, one mistake spoils all its rows, so it is said once."""
    lines: list[_Line] = []
    unknown = 0
    for item in part.items:
        source = Source(part.name, item.line)
        if item.fault is not None:
            lines.append(_Line(source, item.value, item.fault))
            continue
        try:
            draft, rest = formats.recognise(item.value, format)
            lines.append(_Line(source, item.value, None, draft, rest))
        except RowFault as fault:
            unknown += isinstance(fault, UnknownShape)
            lines.append(_Line(source, item.value, str(fault)))
        except AmbiguousShape as several:
            names = " and ".join(f"'{one}'" for one in several.args)
            todo = f"Say which is meant, as in --format {several.args[0]}, or take out the columns that are not"
            raise UserError(
                str(source), f"the row fits the formats {names}, which read it differently", todo
            ) from several
    if part.columns and 0 < unknown == len(lines):
        raise UserError(
            part.name, f"no row of it can be read: it {lines[0].fault}", f"Name the columns {formats.WANTED}"
        )
    return lines


def _with_ids(lines: Sequence[_Line]) -> list[Parsed]:
    """Every line with its row; a row keeps the id that it brought unless an earlier one brought it."""
    given = {line.rest.id for line in lines if line.rest is not None}
    seen: set[str] = set()
    counts: dict[str, int] = {}
    parsed = []
    for source, raw, fault, draft, rest in lines:
        if draft is None or rest is None:
            parsed.append(Parsed(source, None, raw, fault))
            continue
        wanted = unique = rest.id or content_id({"prompt": draft.prompt, **draft.answers})
        taken = wanted in seen or (rest.id is None and wanted in given)
        while taken:
            counts[wanted] = counts.get(wanted, 1) + 1
            unique = f"{wanted}#{counts[wanted]}"
            taken = unique in given or unique in seen
        seen.add(unique)
        row = Row(unique, draft.kind, draft.prompt, draft.answers, draft.label, rest.tools, rest.metadata, source)
        parsed.append(Parsed(source, row, raw, None, rest.id is not None and unique != wanted))
    return parsed


@contextmanager
def _no_collection() -> Iterator[None]:
    """Spare the garbage collector its rounds over rows that all stay: a third of the time for 100,000 of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
